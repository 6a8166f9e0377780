package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Cluster 0 on disk, and how it changes without ever being torn: no write touches more than one
 * 512-byte sector that a reader depends on, and each is followed by a flush.
 *
 * <p>A change that would touch several sectors is written in another layout: all extensions in the
 * first sector (the feature name table, which only feeds error texts, is dropped), the backing
 * file's name behind it. The name is copied and flushed first, so that one sector decides.
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
    byte[] target =
        HeaderLayout.usedBytes(next) <= confirmed.length ? inPlace(next) : oneSector(next);
    if (differing(confirmed, target).cardinality() > 1) {
      target = oneSector(next);
    }
    BitSet sectors = differing(confirmed, target);
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
  static void requireRoom(Header next, String where) {
    if (next.clusterSize() == SECTOR) {
      HeaderLayout.encode(next);
      return;
    }
    Header bare = next.toBuilder().extension(HeaderExtension.FEATURE_NAMES, null).build();
    if (HeaderLayout.extensionsEnd(bare) > SECTOR) {
      throw noSectorRoom(where, HeaderLayout.extensionsEnd(bare));
    }
  }

  private static BlockException noSectorRoom(String where, int end) {
    return new BlockException(
        ErrorCode.NOT_SUPPORTED,
        "'"
            + where
            + "': the image's unknown header extensions leave no room in its first sector ("
            + end
            + " of 512 bytes), so its header cannot be changed safely");
  }

  private void put(byte[] target, int sector) {
    uncertain.set(sector);
    file.write((long) sector * SECTOR, ByteBuffer.wrap(target, sector * SECTOR, SECTOR), 0);
    file.flush();
    uncertain.clear(sector);
    System.arraycopy(target, sector * SECTOR, confirmed, sector * SECTOR, SECTOR);
  }

  /** The bytes for a header in the present layout; what no reader looks at stays as it is. */
  private byte[] inPlace(Header next) {
    byte[] target = confirmed.clone();
    byte[] encoded = HeaderLayout.encode(next);
    System.arraycopy(encoded, 0, target, 0, HeaderLayout.extensionsEnd(next));
    int nameAt = (int) ByteBuffer.wrap(encoded).getLong(8);
    int nameLength = next.backingBytes().map(n -> n.length).orElse(0);
    System.arraycopy(encoded, nameAt, target, nameAt, nameLength);
    return target;
  }

  /** The bytes for a header in the layout whose readers depend on the first sector alone. */
  private byte[] oneSector(Header next) {
    Header.Builder b = next.toBuilder();
    int end = HeaderLayout.extensionsEnd(next);
    if (end > SECTOR) {
      b.extension(HeaderExtension.FEATURE_NAMES, null);
      end = HeaderLayout.extensionsEnd(b.build());
    }
    if (end > SECTOR) {
      throw noSectorRoom(where, end);
    }
    int nameLength = b.backingName == null ? 0 : b.backingName.length;
    byte[] target = confirmed.clone();
    if (nameLength > 0) {
      b.backingOffset = placeForName(nameLength, b.backingName);
      System.arraycopy(b.backingName, 0, target, (int) b.backingOffset, nameLength);
    }
    byte[] first = HeaderLayout.encode(b.build());
    System.arraycopy(first, 0, target, 0, SECTOR);
    return target;
  }

  /** Where the name may lie: where it is, or behind everything that the present header uses. */
  private long placeForName(int length, byte[] name) {
    long present = header.backingOffset();
    boolean stays = present >= SECTOR && Arrays.equals(header.backingBytes().orElse(null), name);
    long place = present;
    if (!stays) {
      long used = HeaderLayout.extensionsEnd(header);
      used = Math.max(used, present + header.backingBytes().map(n -> n.length).orElse(0));
      place = Math.max(SECTOR, used + 7 & -8);
    }
    if (place + length > confirmed.length) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "'"
              + where
              + "': No space left in the file header for the backing file name; use larger"
              + " clusters or a shorter name");
    }
    return place;
  }

  private static BitSet differing(byte[] a, byte[] b) {
    BitSet sectors = new BitSet();
    for (int at = Arrays.mismatch(a, b); at >= 0; ) {
      int sector = at / SECTOR;
      sectors.set(sector);
      int from = (sector + 1) * SECTOR;
      int next = Arrays.mismatch(a, from, a.length, b, from, b.length);
      at = next < 0 ? -1 : from + next;
    }
    return sectors;
  }
}
