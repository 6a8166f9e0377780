package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.engine.journal.BitmapFact.BitmapsResized;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bitmaps of a node when the node itself changes: opened, made read-only or writable, resized,
 * closed. See {@link BitmapCommand} for what each promises.
 */
final class NodeTransitions {
  private static final Logger LOG = LoggerFactory.getLogger(NodeTransitions.class);

  /** A guest that writes again waits at most that long for a write that does not end. */
  private static final long IDLE_WRITERS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Desk desk;

  NodeTransitions(Desk desk) {
    this.desk = desk;
  }

  void load(BitmapStore store, Runnable flush, boolean writable, long length) {
    DirectoryState loaded =
        desk.rescued(
            "opening",
            store,
            writable,
            BitmapLoader.load(store, writable, length, MemoryBudget.ONE_IMAGE));
    report(loaded);
    desk.disk().open(loaded.damage() == null ? store : null, flush, writable);
    desk.recording().applyQuiesced(new Change(loaded.generation()), () -> {});
    desk.publish(loaded);
    if (writable) {
      desk.disk().armOpened();
      desk.recording().arm();
    }
  }

  private void report(DirectoryState loaded) {
    if (loaded.damage() != null) {
      LOG.warn("The bitmaps of node '{}' cannot be read: {}", desk.node(), loaded.damage());
    }
    for (StoredBitmap entry : loaded.preserved()) {
      LOG.warn(
          "Bitmap '{}' of node '{}' cannot be used: {}",
          Texts.printable(entry.name()),
          desk.node(),
          entry.unusable());
    }
  }

  /** The node works as before when this fails: its writes are recorded, the next one arms. */
  void seal() {
    seal(() -> {}, Desk.WRITERS_NANOS);
  }

  /**
   * A quiet node that stays writable: the same, after what guests wrote is flushed, while new
   * writes wait. False when there is nothing to seal.
   *
   * @param flush makes finished writes durable; runs when no write is in the driver
   */
  boolean sealIdle(Runnable flush) {
    DirectoryState state = desk.state();
    boolean worthIt =
        state.active() && state.writable() && state.storesUsable() && desk.disk().armed();
    if (worthIt) {
      seal(flush, IDLE_WRITERS_NANOS);
    }
    return worthIt;
  }

  private void seal(Runnable flush, long writersNanos) {
    DirectoryState state = desk.inImage();
    StoredDirectory disk = desk.disk();
    try {
      desk.recording()
          .seal(
              () -> {
                flush.run();
                if (disk.uncertain() || (disk.differs() && state.storesUsable())) {
                  disk.seal(Layouts.truth(state));
                } else {
                  disk.sealedAsItIs();
                }
              },
              writersNanos);
    } catch (RuntimeException e) {
      if (disk.armsAtOnce()) {
        desk.recording().arm();
      }
      throw e;
    }
  }

  void armThrough(BitmapStore staged) {
    if (desk.disk().keepsBitmaps()) {
      desk.disk().armThrough(staged);
    }
  }

  /**
   * Memory knows all.
   *
   * @throws BlockException the image could not be told and says IN_USE, which is the safe side
   */
  void disarmThrough(BitmapStore staged) {
    disarmThrough(staged, desk.state(), "which a read-write reopen and close will mend");
  }

  /** The same for bitmaps that were read and are not shown yet. */
  void disarmThrough(BitmapStore staged, DirectoryState state, String follows) {
    StoredDirectory disk = desk.disk();
    if (!disk.differs()) {
      desk.log().rest();
      return;
    }
    try {
      disk.sealThrough(staged, Layouts.untouched(state));
    } catch (RuntimeException | LinkageError | AssertionError e) {
      ErrorCode code = e instanceof BlockException known ? known.code() : ErrorCode.INTERNAL;
      String what =
          "the bitmaps of node '"
              + desk.node()
              + "' may be left marked IN_USE in the image, "
              + follows
              + ": "
              + e.getMessage();
      LOG.warn("After a change was given up, {}", what);
      throw new BlockException(code, what, e);
    } finally {
      desk.log().rest();
    }
  }

  void became(boolean writable) {
    desk.loaded().ifPresent(this::activated);
    desk.disk().becomes(writable);
    desk.publish(desk.state().withWritable(writable));
    if (writable && desk.disk().armsAtOnce()) {
      desk.recording().arm();
    }
    if (!writable) {
      desk.log().rest();
    }
  }

  private void activated(DirectoryState loaded) {
    report(loaded);
    desk.recording().applyQuiesced(new Change(loaded.generation()), () -> {});
    desk.publish(loaded);
    desk.loaded(null);
  }

  void mayResize(long length) {
    DirectoryState state = desk.state();
    for (BitmapState bitmap : state.generation().bitmaps()) {
      desk.checks().changeable(bitmap.name());
      if (length >= 0) {
        requireFits(bitmap, length);
      }
    }
    state
        .preserved()
        .forEach(
            entry -> {
              throw desk.error(
                  ErrorCode.BITMAP_INCONSISTENT,
                  entry.name(),
                  "cannot be used and forbids a resize: " + entry.unusable() + "; remove it");
            });
    if (state.damage() != null) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "node '"
              + desk.node()
              + "' cannot be resized, its bitmap directory is damaged: "
              + state.damage());
    }
    if (state.storesUsable()) {
      desk.recording().arm();
      desk.disk().resizing(length);
    }
  }

  private void requireFits(BitmapState bitmap, long length) {
    long granularity = new BitTree(length, bitmap.tree().granularity()).granularity();
    if (bitmap.persistent()) {
      desk.disk().checkStorable(bitmap.name(), granularity, length);
    }
  }

  /** All trees, those of busy bitmaps too: what is added is clean, what is cut off is dropped. */
  void resized(long length) {
    DirectoryState state = desk.state();
    Generation old = state.generation();
    Generation next = old;
    for (BitmapState bitmap : old.bitmaps()) {
      if (!bitmap.inconsistent()) {
        next = next.with(bitmap.name(), b -> emptied(b, length));
      }
    }
    Generation filled = next;
    Change change =
        new Change(
            filled,
            () ->
                old.bitmaps().stream()
                    .filter(b -> !b.inconsistent())
                    .forEach(b -> fill(filled.get(b.name()), b)));
    Runnable follow =
        () -> {
          DirectoryState then = state.withLength(length).with(filled);
          desk.recording().applyQuiesced(change, () -> desk.disk().resized(then));
          desk.publish(then);
        };
    if (state.storesUsable()) {
      desk.log().record("block_resize", new BitmapsResized(length), follow);
    } else {
      follow.run();
    }
  }

  private static BitmapState emptied(BitmapState bitmap, long length) {
    BitTree tree = new BitTree(length, bitmap.tree().granularity());
    BitTree successor =
        bitmap.successor().map(s -> new BitTree(length, s.granularity())).orElse(null);
    return bitmap.withTree(tree).withSuccessor(successor);
  }

  private static void fill(BitmapState into, BitmapState from) {
    into.tree().merge(from.tree());
    from.successor().ifPresent(bits -> into.successor().orElseThrow().merge(bits));
  }
}
