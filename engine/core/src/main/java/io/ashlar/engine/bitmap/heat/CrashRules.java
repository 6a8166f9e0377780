package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import java.util.BitSet;
import java.util.Collection;
import java.util.UUID;

/**
 * The rules that recovery hangs on, each a method. The engine knows this class alone; tests extend
 * it, to break one rule at a time and see something lost.
 */
public class CrashRules {
  /** The rules as they are. */
  public static final CrashRules SOUND = new CrashRules();

  /** Beats are as far apart, nanoseconds. */
  public static final long BEAT_NANOS = 10_000_000_000L;

  /** So long after the last beat an image may have been changed by ourselves, nanoseconds. */
  private static final long LEASE_NANOS = 3 * BEAT_NANOS;

  /** For tests that break a rule; {@link #SOUND} otherwise. */
  protected CrashRules() {}

  /** A nonce that no image had before. */
  public UUID nonce() {
    return UUID.randomUUID();
  }

  /** Regions become hot: durable before anybody takes them for hot, and before the write. */
  public void makeHot(Runnable durable, Runnable mark) {
    durable.run();
    mark.run();
  }

  /**
   * The journal failed: the image must say so, durably, before the write that found out goes on.
   */
  public void giveUp(Runnable revoke) {
    revoke.run();
  }

  /** What a capture says of regions that are hot from its beginning on. */
  public BitSet carried(BitSet hot) {
    return hot;
  }

  /** The bits that stand for a bitmap: while a job holds it, those of its successor too. */
  public BitTree bits(BitmapState bitmap) {
    return bitmap
        .successor()
        .map(
            successor -> {
              BitTree both = bitmap.tree().copy();
              both.merge(successor);
              return both;
            })
        .orElse(bitmap.tree());
  }

  /** Arming: the journal has the bits before the image says that it has. */
  public void arm(Runnable capture, Runnable publish) {
    capture.run();
    publish.run();
  }

  /**
   * Bits go, or a bitmap stops to record: the image gets another nonce, announced before, and only
   * then the journal forgets.
   */
  public void shrink(Runnable intent, Runnable image, Runnable capture) {
    intent.run();
    image.run();
    capture.run();
  }

  /** Whether a heat is not covered by a capture. */
  public boolean counts(long heatEpoch, long captureEpoch) {
    return heatEpoch >= captureEpoch;
  }

  /** Whether the image's nonce is one that the journal knows of. */
  public boolean accepts(UUID found, Collection<UUID> known) {
    return known.contains(found);
  }

  /** Whether the journal has everything that was durable before what the image has. */
  public boolean reaches(long lastLsn, long lsnInImage) {
    return lastLsn >= lsnInImage;
  }

  /** Whether nobody but us can have changed the image so long after the last beat; times of it. */
  public boolean leaseHolds(long changedNanos, long lastBeatNanos) {
    return changedNanos <= lastBeatNanos + LEASE_NANOS;
  }

  /** Whether the image has the length that the capture is about. */
  public boolean fits(Lengths lengths, long found) {
    return lengths.fits(found);
  }
}
