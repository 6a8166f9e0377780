package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * An open image as the code for bitmaps and checks sees it: its header, its clusters and its order
 * of writes. The node implements it over its allocator, caches and storage child. Calls are safe
 * beside the data path.
 */
interface MetadataSpace {
  /** The name of the node, for messages. */
  String nodeName();

  /** The header that is durable for certain; after a failed {@link #updateHeader} the old one. */
  Header header();

  /** Bytes of the virtual disk, as served. */
  long virtualSize();

  /** Present length of the storage child in bytes. */
  long fileLength();

  /** Whether the storage child may be written through this access. */
  boolean writable();

  /**
   * Takes consecutive clusters that nothing refers to, with refcount 1 each, in memory; durable
   * after {@link #flushRefcounts}. Until they are freed they belong to the caller alone.
   *
   * @param clusters at least 1
   * @return host offset of the first
   * @throws BlockException NO_SPACE and the like; nothing is taken then
   */
  long allocate(long clusters);

  /**
   * Takes back one reference from each of some clusters, wherever it is now known that nothing
   * durable refers to them any more. They are quarantined like any freed cluster; the lowered
   * refcounts are written back with later flushes.
   *
   * @param offset cluster aligned host offset
   * @param clusters how many
   * @throws BlockException when a refcount block cannot be read; the rest leaks
   */
  void free(long offset, long clusters);

  /** The storage child, for code that walks tables. */
  BlockIo storage();

  /** Tells users of the node something that no request fails by. */
  void warn(String sentence);

  /** Reads from the storage child; zeroes past its end. */
  void read(long offset, ByteBuffer target);

  /** A new attempt: what earlier ones wrote was given up, or will be written again. */
  void startOver();

  /** Writes to the storage child, after the overlap checks for clusters of bitmaps. */
  void write(long offset, ByteBuffer source);

  /**
   * Makes what was written durable; no cache is written back. Like {@link #flushRefcounts} it fails
   * also when another flush failed since {@link #startOver}, for that may have lost it.
   */
  void flush();

  /**
   * Writes back the caches of refcount blocks and L2 tables in their order and flushes: every
   * allocation, and every guest write acknowledged before, is durable.
   */
  void flushRefcounts();

  /**
   * Makes a change of the present header durable: sector by sector, each flushed ({@link
   * HeaderFile}). Safe beside other changes.
   *
   * @throws BlockException with unknown outcome, unless the header does not fit (NO_SPACE,
   *     NOT_SUPPORTED); the same call may be repeated
   */
  void updateHeader(UnaryOperator<Header> change);

  /** Writes a change of the first sector; durable with a later flush of anybody's. */
  void writeHeader(UnaryOperator<Header> change);

  /** Who tells the number for fences; see {@link io.ashlar.spi.BitmapStore#lastRecord}. */
  void lastRecord(LongSupplier lsn);

  /** The engine has said what becomes of the fence that was found in the image. */
  void fenceAnswered();

  /**
   * Refuses a header that {@link #updateHeader} could not write.
   *
   * @throws BlockException NO_SPACE or NOT_SUPPORTED
   */
  void requireRoom(Header next);
}
