package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import java.nio.ByteBuffer;
import java.util.Arrays;
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

  /** The first sector as {@link #write} left it, where nobody knows yet what is durable. */
  private byte[] unflushed;

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

  /**
   * Writes the first sector of another header, durable with a later flush of somebody else's. Does
   * nothing when more than that sector would change, or while an outcome is unknown.
   *
   * @param io the same storage as another user, for the flushes here do not vouch for this
   * @return for {@link #flushed}
   */
  Object write(Header next, BlockIo io) {
    if (outcomeUnknown()) {
      return null;
    }
    byte[] target = new HeaderPlan(confirmed, header, where).target(next);
    if (HeaderPlan.differing(confirmed, target).length() != 1) {
      return null;
    }
    byte[] sector = Arrays.copyOf(target, SECTOR);
    uncertain.set(0);
    unflushed = null;
    io.write(0, ByteBuffer.wrap(sector), 0);
    uncertain.clear(0);
    unflushed = sector;
    return sector;
  }

  /** What {@link #write} returned this for is durable, unless the sector was written since. */
  void flushed(Object written) {
    if (written != null && written == unflushed) {
      System.arraycopy(unflushed, 0, confirmed, 0, SECTOR);
      header = HeaderCodec.parse(confirmed, Long.MAX_VALUE - SECTOR, where);
      unflushed = null;
    }
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
      forget(s);
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

  private void forget(int sector) {
    unflushed = sector == 0 ? null : unflushed;
  }

  private void put(byte[] target, int sector) {
    uncertain.set(sector);
    forget(sector);
    file.write((long) sector * SECTOR, ByteBuffer.wrap(target, sector * SECTOR, SECTOR), 0);
    file.flush();
    uncertain.clear(sector);
    System.arraycopy(target, sector * SECTOR, confirmed, sector * SECTOR, SECTOR);
  }
}
