package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What is left of bitmaps after a crash, as a function of what the journal and the image say:
 * recovered, a superset of the truth, or refused with the reason. Changes nothing.
 */
public final class Recovery {
  private final Evidence evidence;
  private final CrashRules rules;

  private Recovery(Evidence evidence, CrashRules rules) {
    this.evidence = evidence;
    this.rules = rules;
  }

  /**
   * What is known.
   *
   * @param past of the journal, all of it
   * @param journal whose journal it is
   * @param fence of the image, which is whole
   * @param directory of the image
   * @param length of the image in bytes
   * @param changedNanos when the image was changed last by anybody, nanoseconds since 1970 by the
   *     clock of its file system; empty when nobody can tell
   * @param trustsCopies the user vouches that nobody changed the image
   */
  public record Evidence(
      HeatPast past,
      JournalIdentity journal,
      Fence fence,
      List<StoredBitmap> directory,
      long length,
      Optional<Long> changedNanos,
      boolean trustsCopies) {}

  /** What became of a bitmap. */
  public sealed interface Result {
    /**
     * It has every bit that it had, and more.
     *
     * @param enabled whether it recorded writes
     * @param over bytes that are set for want of knowing better, at most
     */
    record Recovered(BitTree bits, boolean enabled, long over) implements Result {}

    /**
     * Nothing is known for certain.
     *
     * @param reason why, part of a sentence
     */
    record Refused(String reason) implements Result {}
  }

  /** The results of all usable bitmaps of the directory that are IN_USE, by their names. */
  public static Map<String, Result> of(Evidence evidence, CrashRules rules) {
    return new Recovery(evidence, rules).results();
  }

  /** All of them refused. */
  public static Map<String, Result> refused(List<StoredBitmap> directory, String reason) {
    Map<String, Result> results = new LinkedHashMap<>();
    inUse(directory).forEach(b -> results.put(b.name(), new Result.Refused(reason)));
    return results;
  }

  private static List<StoredBitmap> inUse(List<StoredBitmap> directory) {
    return directory.stream().filter(b -> b.unusable() == null && b.inUse()).toList();
  }

  private Map<String, Result> results() {
    try {
      Optional<String> doubt = doubt();
      return doubt.isPresent() ? refused(evidence.directory(), doubt.get()) : recovered();
    } catch (BlockException e) {
      return refused(evidence.directory(), e.getMessage());
    }
  }

  /** Why journal and image are not taken for a pair. */
  private Optional<String> doubt() {
    HeatPast past = evidence.past();
    Fence fence = evidence.fence();
    if (past.damage().isPresent()) {
      return Optional.of(past.damage().get().getMessage());
    }
    if (!evidence.journal().equals(new JournalIdentity(fence.image(), fence.journal()))) {
      return Optional.of("its journal is not the one that the image names");
    }
    if (!rules.reaches(past.lastLsn(), fence.lsn())
        || !rules.reaches(past.lastEpoch(), fence.epoch())) {
      return Optional.of(
          "the journal is older than the image: it ends with record "
              + past.lastLsn()
              + " and the image has seen record "
              + fence.lsn());
    }
    if (past.capture().isEmpty()) {
      return Optional.of("the journal has none of their bits");
    }
    if (!rules.accepts(fence.nonce(), nonces())) {
      return Optional.of(
          "the image and its journal do not belong together any more: one of them was brought back"
              + " from a copy, or the other one was used with a copy");
    }
    return lease().or(this::geometry);
  }

  /** Bits only go after an intent, so what the last capture has covers all nonces since. */
  private Set<UUID> nonces() {
    Set<UUID> known = new HashSet<>(evidence.past().capture().orElseThrow().nonces());
    evidence.past().intents().forEach(intent -> known.add(intent.nonce()));
    return known;
  }

  private Optional<String> lease() {
    if (evidence.trustsCopies()) {
      return Optional.empty();
    }
    if (evidence.changedNanos().isEmpty() || evidence.past().lastBeat().isEmpty()) {
      return Optional.of(
          "nobody can tell when the image was changed last; if nobody else changed it, open it with"
              + " trust-copied-image=on");
    }
    long changed = evidence.changedNanos().get();
    if (rules.leaseHolds(changed, evidence.past().lastBeat().get())) {
      return Optional.empty();
    }
    return Optional.of(
        "the image's file was changed after its journal ended, so it is a copy or another program"
            + " wrote to it; if nobody else changed it, open it with trust-copied-image=on");
  }

  private Optional<String> geometry() {
    Lengths lengths = evidence.past().capture().orElseThrow().lengths();
    if (rules.fits(lengths, evidence.length())) {
      return Optional.empty();
    }
    for (HeatCodec.Intent intent : evidence.past().intents()) {
      if (rules.fits(new Lengths(lengths.length(), intent.next()), evidence.length())) {
        return Optional.empty();
      }
    }
    return Optional.of(
        "the image has another length than its journal says: "
            + evidence.length()
            + " bytes and not "
            + lengths.length());
  }

  private Map<String, Result> recovered() {
    MemoryBudget budget = new MemoryBudget(MemoryBudget.ONE_IMAGE);
    Capture capture = evidence.past().capture().orElseThrow().toCapture(budget);
    Map<String, Result> results = new LinkedHashMap<>();
    for (StoredBitmap stored : inUse(evidence.directory())) {
      Optional<Capture.Bitmap> known =
          capture.bitmaps().stream()
              .filter(b -> b.name().equals(stored.name()))
              .filter(b -> b.granularity() == stored.granularity())
              .findFirst();
      results.put(
          stored.name(),
          known
              .<Result>map(bitmap -> recovered(capture, bitmap, budget))
              .orElseGet(() -> new Result.Refused("its journal has none of its bits")));
    }
    return results;
  }

  private Result recovered(Capture capture, Capture.Bitmap bitmap, MemoryBudget budget) {
    BitTree bits = bitmap.bits();
    if (bits.length() != evidence.length()) {
      bits = bits.resized(evidence.length());
    }
    long exact = bits.dirtyBytes();
    if (bitmap.enabled()) {
      long memory = bits.memory();
      Regions.ranges(capture.carried(), capture.shift(), bits::set);
      evidence.past().hot(bits::set);
      budget.charge(bits.memory() - memory);
    }
    return new Result.Recovered(bits, bitmap.enabled(), bits.dirtyBytes() - exact);
  }
}
