package io.ashlar.spi;

import java.nio.ByteBuffer;

/**
 * The data path, as a node offers it and as an edge ({@link Child}) passes it on. All calls block,
 * are safe from many threads at once, and run on the caller's thread.
 *
 * <p><b>Ranges.</b> Offsets and lengths are bytes, of any alignment. The range lies within {@code
 * [0, length())} except on a node with {@link NodeTraits#growsOnWrite}; the engine checks guests'
 * requests before they come here.
 *
 * <p><b>Buffers.</b> A call transfers {@code remaining()} bytes. It may move the buffer's position,
 * never its limit, and keeps no reference once it has returned. Never a short transfer: all or an
 * exception.
 *
 * <p><b>Order.</b> A read sees every write that was acknowledged before the read was called.
 * Overlapping requests in flight have no order.
 *
 * <p><b>Crashes.</b> What was acknowledged survives a crash only after a later {@link #flush} has
 * returned, or when the write carried {@link IoFlags#FUA}.
 *
 * <p>Every call may throw {@link BlockException}: {@code IO_ERROR}, {@code NO_SPACE}, {@code
 * READ_ONLY}, {@code IMAGE_CORRUPT}, {@code INVALID_REQUEST}, {@code NOT_SUPPORTED}. After a failed
 * write the range holds old, new or mixed bytes; nothing outside the range has changed.
 */
public interface BlockIo {
  /** What callers should know about the node. */
  NodeTraits traits();

  /** The present length in bytes. */
  long length();

  /**
   * Fills {@code target} from {@code offset}. Bytes past the end of a growing node read as zeroes.
   */
  void read(long offset, ByteBuffer target, int flags);

  /** Writes what remains in {@code source} at {@code offset}. */
  void write(long offset, ByteBuffer source, int flags);

  /** Makes a range read as zeroes, in the cheapest way that the flags allow. */
  void writeZeroes(long offset, long length, int flags);

  /**
   * Says that a range is not needed any more. What it reads as afterwards is up to the node; a node
   * that is opened with {@code discard=ignore} does nothing and succeeds.
   */
  void discard(long offset, long length, int flags);

  /** Makes every write that was acknowledged before this call durable. */
  void flush();

  /**
   * What the start of the range holds; the answer covers at least 1 byte.
   *
   * @param length bytes, more than 0
   */
  BlockStatus status(long offset, long length);

  /**
   * Sets the length in bytes. New space reads as zeroes.
   *
   * @throws BlockException NOT_SUPPORTED when the node cannot change its length
   */
  default void truncate(long newLength, Preallocation preallocation) {
    throw new BlockException(ErrorCode.NOT_SUPPORTED, "this node cannot change its length");
  }
}
