package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatPast;
import io.ashlar.engine.bitmap.heat.Recovery;
import io.ashlar.engine.bitmap.heat.Recovery.Result;
import io.ashlar.engine.journal.AfterCrash;
import io.ashlar.engine.journal.ImageTime;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Looks after the bitmaps of an image that says IN_USE when it is opened: whoever used it has not
 * stored them. Those that image and journal together vouch for are usable again, the others are
 * inconsistent with the reason. Changes nothing in the image.
 */
final class Rescue implements AfterCrash {
  private final BitmapStore store;
  private final CrashRules rules;
  private final Fence fence;
  private final List<StoredBitmap> directory;
  private final long length;
  private HeatPast past;
  private Map<String, Result> results = Map.of();

  private Rescue(
      BitmapStore store, CrashRules rules, Fence fence, List<StoredBitmap> directory, long length) {
    this.store = store;
    this.rules = rules;
    this.fence = fence;
    this.directory = directory;
    this.length = length;
    this.past = new HeatPast(rules);
  }

  /**
   * What was loaded and what could be recovered.
   *
   * @param state what is in memory now
   * @param nonce what the image's fence had, if something was recovered
   */
  record Outcome(DirectoryState state, Optional<UUID> nonce) {}

  /**
   * Before anything is written to the image.
   *
   * @param by what opens it, for the history
   * @param writable the journal is opened for writing too; otherwise only read
   * @param loaded what the image says
   */
  static Outcome of(
      String by,
      BitmapStore store,
      boolean writable,
      DirectoryState loaded,
      LifecycleLog log,
      CrashRules rules) {
    if (loaded.generation().bitmaps().stream().noneMatch(BitmapState::inconsistent)) {
      return new Outcome(loaded, Optional.empty());
    }
    FenceReport report = store.fence();
    if (report instanceof FenceReport.Whole whole) {
      Rescue rescue = new Rescue(store, rules, whole.fence(), store.directory(), loaded.length());
      if (writable) {
        log.ready(by, store::directory, rescue);
      } else {
        log.examine(rescue);
      }
      return rescue.outcome(loaded);
    }
    if (report instanceof FenceReport.Broken broken) {
      Map<String, Result> refused =
          Recovery.refused(
              store.directory(), "another program may have written the image: " + broken.reason());
      return new Outcome(with(loaded, refused), Optional.empty());
    }
    return new Outcome(loaded, Optional.empty());
  }

  @Override
  public Fence fence() {
    return fence;
  }

  @Override
  public RecordVisitor records() {
    past = new HeatPast(rules);
    return past;
  }

  @Override
  public Map<String, String> settle(JournalIdentity journal, long changedNanos) {
    results =
        Recovery.of(
            new Recovery.Evidence(
                past,
                journal,
                fence,
                directory,
                length,
                changedNanos == ImageTime.UNKNOWN ? Optional.empty() : Optional.of(changedNanos),
                store.trustsCopies()),
            rules);
    Map<String, String> notes = new LinkedHashMap<>();
    results.forEach(
        (name, result) -> {
          if (result instanceof Result.Recovered recovered) {
            notes.put(
                name,
                "after a crash bitmap '"
                    + name
                    + "' was recovered, with at most "
                    + recovered.over()
                    + " bytes too many");
          }
        });
    return notes;
  }

  @Override
  public void lost(String reason) {
    results = Recovery.refused(directory, reason);
  }

  private Outcome outcome(DirectoryState loaded) {
    boolean any = results.values().stream().anyMatch(r -> r instanceof Result.Recovered);
    return new Outcome(with(loaded, results), any ? Optional.of(fence.nonce()) : Optional.empty());
  }

  private static DirectoryState with(DirectoryState loaded, Map<String, Result> results) {
    List<BitmapState> all = new ArrayList<>();
    for (BitmapState bitmap : loaded.generation().bitmaps()) {
      Result result = bitmap.inconsistent() ? results.get(bitmap.name()) : null;
      all.add(result == null ? bitmap : after(bitmap, result));
    }
    return loaded.with(Generation.of(all));
  }

  private static BitmapState after(BitmapState bitmap, Result result) {
    if (result instanceof Result.Recovered recovered) {
      return BitmapState.of(bitmap.name(), recovered.bits(), true, recovered.enabled())
          .withRecovery(new BitmapInfo.Recovery(recovered.over()));
    }
    String reason = ((Result.Refused) result).reason();
    return BitmapState.inconsistent(bitmap.name(), 0, bitmap.tree().granularity(), reason);
  }
}
