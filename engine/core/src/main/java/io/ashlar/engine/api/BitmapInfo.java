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
    String reason) {}
