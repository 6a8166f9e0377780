package io.ashlar.engine.api;

/**
 * A bitmap as queries show it.
 *
 * @param name its name
 * @param granularity bytes per bit
 * @param dirtyBytes set bits times granularity; may pass the node's length
 * @param recording guest writes are recorded, here or in a successor
 * @param busy held by a job or export
 * @param persistent stored in the image
 * @param inconsistent was not stored cleanly; can only be removed
 * @param armed the image says IN_USE; always false for transient ones
 * @param recovery it was rebuilt after a crash and not cleared since; {@code null} otherwise
 * @param reason why it is inconsistent or unusable, or {@code null}
 */
public record BitmapInfo(
    String name,
    long granularity,
    long dirtyBytes,
    boolean recording,
    boolean busy,
    boolean persistent,
    boolean inconsistent,
    boolean armed,
    Recovery recovery,
    String reason) {
  /**
   * How a bitmap came out of a crash: nothing that was written is missing in it.
   *
   * @param overApproximatedBytes dirty since the recovery although perhaps never written, because
   *     only the region around a write was known; this much more goes into the next backup at most
   */
  public record Recovery(long overApproximatedBytes) {}
}
