package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Cluster 0 on disk, and how it changes without ever being torn: no write touches more than one
 * 512-byte sector that a reader depends on, and each is followed by a flush.
 *
 * <p>A change that would touch several sectors is written in another layout ({@link HeaderPlan}):
 * what lies behind the first sector is copied and flushed first, so that one sector decides.
 *
 * <p>After a failed write or flush the outcome is unknown. {@link #header()} still says what was
 * confirmed last; the next update first puts the confirmed bytes back. Until then callers keep what
 * either header refers to.
 *
 * <p>Not thread-safe: the caller holds the header lock.
 */
final class HeaderFile {
  /** Storage writes one sector wholly or not at all. */
  static final int SECTOR = 512;

  private final BlockIo file;
  private final String where;
  private final BitSet uncertain = new BitSet();
  private byte[] confirmed;
  private volatile Header header;

  /**
   * A header that was just read.
   *
   * @param file the storage child
   * @param cluster bytes of cluster 0
   */
  HeaderFile(BlockIo file, byte[] cluster, String where) {
    this.file = file;
    this.where = where;
    this.confirmed = cluster.clone();
    this.header = HeaderCodec.parse(cluster, Long.MAX_VALUE - SECTOR, where);
  }

  /** The header that is durable for certain. May be read without the lock. */
  Header header() {
    return header;
  }

  /** Whether a write or flush failed and was not made good since. */
  boolean outcomeUnknown() {
    return !uncertain.isEmpty();
  }

  /**
   * Makes another header durable.
   *
   * @throws BlockException NO_SPACE or NOT_SUPPORTED when it does not fit, and nothing was written;
   *     IO_ERROR and the like with unknown outcome
   */
  void update(Header next) {
    if (next.clusterBits() != header.clusterBits() || next.version() != header.version()) {
      throw new IllegalArgumentException("cluster size and version never change in place");
    }
    settle();
    byte[] target = new HeaderPlan(confirmed, header, where).target(next);
    BitSet sectors = HeaderPlan.differing(confirmed, target);
    // What lies behind sector 0 is not read through the present header: it goes first.
    for (int s = sectors.length() - 1; s >= 0; s = sectors.previousSetBit(s - 1)) {
      put(target, s);
    }
    header = HeaderCodec.parse(confirmed, Long.MAX_VALUE - SECTOR, where);
  }

  /**
   * Puts the confirmed bytes back where a failed update may have left others.
   *
   * @throws BlockException when that fails too; the outcome stays unknown
   */
  void settle() {
    for (int s = uncertain.nextSetBit(0); s >= 0; s = uncertain.nextSetBit(s + 1)) {
      file.write((long) s * SECTOR, ByteBuffer.wrap(confirmed, s * SECTOR, SECTOR), 0);
    }
    if (!uncertain.isEmpty()) {
      file.flush();
      uncertain.clear();
    }
  }

  /**
   * Refuses a header that {@link #update} could not write.
   *
   * @throws BlockException NO_SPACE or NOT_SUPPORTED
   */
  void requireRoom(Header next) {
    new HeaderPlan(confirmed, header, where).target(next);
  }

  private void put(byte[] target, int sector) {
    uncertain.set(sector);
    file.write((long) sector * SECTOR, ByteBuffer.wrap(target, sector * SECTOR, SECTOR), 0);
    file.flush();
    uncertain.clear(sector);
    System.arraycopy(target, sector * SECTOR, confirmed, sector * SECTOR, SECTOR);
  }
}
