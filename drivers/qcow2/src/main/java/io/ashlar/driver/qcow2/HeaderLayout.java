package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;

/** Where the parts of a header lie in cluster 0, and their bytes. */
final class HeaderLayout {
  private HeaderLayout() {}

  /**
   * Cluster 0 for a header: fixed fields, extensions in order, end mark, and the backing file's
   * name at its present place if that lies behind them, else right behind them.
   *
   * @throws BlockException NO_SPACE when it does not fit
   */
  static byte[] encode(Header h) {
    byte[] cluster = new byte[h.clusterSize()];
    byte[] name = h.backingBytes().orElse(null);
    long nameAt = nameOffset(h);
    if (usedBytes(h) > cluster.length) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "No space left in the file header: it needs "
              + usedBytes(h)
              + " of "
              + cluster.length
              + " bytes; use larger clusters or a shorter backing file name");
    }
    ByteBuffer b = ByteBuffer.wrap(cluster);
    encodeFixed(b, h, nameAt, name == null ? 0 : name.length);
    b.position(h.headerLength());
    for (HeaderExtension e : h.extensions()) {
      int next = b.position() + e.paddedLength();
      b.putInt(e.type()).putInt(e.length()).put(e.data()).position(next);
    }
    if (name != null) {
      System.arraycopy(name, 0, cluster, (int) nameAt, name.length);
    }
    return cluster;
  }

  /** Bytes from the start of the file to the end of the last extension and the end mark. */
  static int extensionsEnd(Header h) {
    int end = h.headerLength() + 8;
    for (HeaderExtension e : h.extensions()) {
      end += e.paddedLength();
    }
    return end;
  }

  /** Bytes of cluster 0 up to the end of what {@link #encode} puts there. */
  static long usedBytes(Header h) {
    return Math.max(
        extensionsEnd(h), nameOffset(h) + h.backingBytes().map(n -> n.length).orElse(0));
  }

  private static long nameOffset(Header h) {
    int end = extensionsEnd(h);
    return h.backingBytes().isEmpty() ? 0 : h.backingOffset() >= end ? h.backingOffset() : end;
  }

  private static void encodeFixed(ByteBuffer b, Header h, long nameAt, int nameLength) {
    b.putInt(HeaderCodec.MAGIC).putInt(h.version()).putLong(nameAt).putInt(nameLength);
    b.putInt(h.clusterBits()).putLong(h.size()).putInt(h.cryptMethod());
    b.putInt(h.l1Size()).putLong(h.l1Offset());
    b.putLong(h.refcountTableOffset()).putInt(h.refcountTableClusters());
    b.putInt(h.snapshotCount()).putLong(h.snapshotsOffset());
    if (h.version() >= 3) {
      b.putLong(h.incompatible()).putLong(h.compatible()).putLong(h.autoclear());
      b.putInt(h.refcountOrder()).putInt(h.headerLength());
      if (h.headerLength() > HeaderCodec.V3_LENGTH) {
        b.put((byte) h.compressionType()).put(h.padding()).put(h.tail());
      }
    }
  }
}
