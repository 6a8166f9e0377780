package io.ashlar.engine.api;

import io.ashlar.spi.BlockStatus;
import java.nio.ByteBuffer;

/**
 * An outside user of a node: a guest, an export, a tool. Calls block, run on the caller's thread
 * and may come from many threads at once. While the graph changes they wait. Requests outside
 * {@code [0, length())} are refused.
 */
public interface BlockDevice extends AutoCloseable {
  /** Its name. */
  String name();

  /** The node it is attached to now. */
  String nodeName();

  /** Bytes. */
  long length();

  /** Fills the buffer's remaining bytes. */
  void read(long offset, ByteBuffer target);

  /** Writes the buffer's remaining bytes. */
  void write(long offset, ByteBuffer source);

  /** Writes with {@link io.ashlar.spi.IoFlags}. */
  void write(long offset, ByteBuffer source, int flags);

  /** Makes a range read as zeroes. */
  void writeZeroes(long offset, long length, int flags);

  /** Gives a range up. */
  void discard(long offset, long length);

  /** Makes every acknowledged write durable. */
  void flush();

  /**
   * What the start of a range holds at the node, through filters; backing files are not followed.
   */
  BlockStatus status(long offset, long length);

  /** Detaches. Calls in flight end first; later calls fail with CLOSED. Idempotent. */
  @Override
  void close();
}
