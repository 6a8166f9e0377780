package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.journal.BitmapFact.BitmapThawed;
import io.ashlar.engine.journal.BitmapFact.Thaw;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Set;

/**
 * Bitmaps in the hands of jobs: frozen with a successor that records, then replaced or given back.
 */
final class JobHolds {
  private final Desk desk;

  JobHolds(Desk desk) {
    this.desk = desk;
  }

  /** Ends a hold in every case that leaves the node working; see {@link BitmapCommand.Thaw}. */
  void thaw(String name, boolean replace, BitTree uncopied) {
    BitmapState bitmap = desk.find(name);
    if (bitmap.successor().isEmpty()) {
      throw desk.error(ErrorCode.JOB_STATE, name, "is not held by a job");
    }
    BlockException refused = null;
    if (replace || uncopied != null) {
      refused = mayDiverge(bitmap);
    }
    Generation now = desk.state().generation();
    boolean abdicate = replace && refused == null;
    Change end = abdicate ? now.abdicate(name) : now.reclaim(name);
    String owner = desk.state().owners().getOrDefault(name, "a job or an export");
    desk.recorded(
        owner,
        bitmap,
        new BitmapThawed(name, owner, abdicate ? Thaw.ABDICATED : Thaw.RECLAIMED),
        () -> {
          DirectoryState next = desk.state().with(end.next()).withoutOwner(name);
          Change whole = uncopied == null ? end : withBits(end, name, uncopied);
          boolean counts = bitmap.persistent();
          desk.carryOut(
              new DirectoryChange(
                  desk.state(), next, counts && !abdicate, counts && abdicate, false, Set.of()),
              whole.fill());
          desk.publish(next);
        });
    if (refused != null) {
      throw refused;
    }
  }

  private BlockException mayDiverge(BitmapState bitmap) {
    try {
      desk.checks().requireWritable(bitmap);
      desk.diverge(bitmap);
      return null;
    } catch (BlockException e) {
      return new BlockException(
          e.code(),
          "the job is over, but bitmap '"
              + bitmap.name()
              + "' of node '"
              + desk.node()
              + "' keeps all its bits, because the image could not be told: "
              + e.getMessage(),
          e);
    }
  }

  private static Change withBits(Change end, String name, BitTree bits) {
    return new Change(
        end.next(),
        () -> {
          end.fill().run();
          end.next().get(name).tree().merge(bits);
        });
  }
}
