package io.ashlar.spi;

/**
 * What a range of one node holds, seen at this node alone.
 *
 * @param length bytes from the asked offset that all have this status; at least 1, at most what was
 *     asked
 * @param allocated this node decides the content; if not, the next node below does (or it is zero
 *     when there is none)
 * @param data the range holds stored data that must be read
 * @param zero the range is known to read as zeroes
 * @param compressed stored compressed
 * @param hostOffset where the range starts in the storage child, or {@link #UNKNOWN_OFFSET}
 */
public record BlockStatus(
    long length,
    boolean allocated,
    boolean data,
    boolean zero,
    boolean compressed,
    long hostOffset) {

  /** No host offset is known. */
  public static final long UNKNOWN_OFFSET = -1;

  /** Data of this node at a host offset. */
  public static BlockStatus data(long length, long hostOffset) {
    return new BlockStatus(length, true, true, false, false, hostOffset);
  }

  /** Zeroes that this node decides. */
  public static BlockStatus zero(long length) {
    return new BlockStatus(length, true, false, true, false, UNKNOWN_OFFSET);
  }

  /** Nothing of this node: the node below decides. */
  public static BlockStatus unallocated(long length) {
    return new BlockStatus(length, false, false, false, false, UNKNOWN_OFFSET);
  }

  /** The same status for another length. */
  public BlockStatus withLength(long newLength) {
    return new BlockStatus(newLength, allocated, data, zero, compressed, hostOffset);
  }
}
