package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Walks the table of one stored bitmap (section 13) in pieces, so that no table or bitmap is ever
 * whole in memory.
 */
final class BitmapTable {
  /** Bits of a table entry that have to be zero. */
  static final long RESERVED = 0xFF00_0000_0000_01FEL;

  /** Sees one table entry. */
  interface Visitor {
    /** The entry at an index; reserved bits may be set. */
    void entry(long index, long value);
  }

  private static final int PIECE = 65_536;

  private final MetadataSpace space;
  private final DirectoryEntry entry;
  private final Geometry g;

  BitmapTable(MetadataSpace space, DirectoryEntry entry) {
    this.space = space;
    this.entry = entry;
    this.g = space.header().geometry();
  }

  /** Clusters of the table itself. */
  long tableClusters() {
    return g.clustersFor(8L * entry.tableSize());
  }

  /** Shows every entry in order. */
  void walk(Visitor visitor) {
    ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, entry.tableSize() * 8L));
    for (long from = 0; from < entry.tableSize(); from += PIECE / 8) {
      int count = (int) Math.min(PIECE / 8, entry.tableSize() - from);
      space.read(entry.tableOffset() + from * 8, piece.clear().limit(count * 8));
      for (int i = 0; i < count; i++) {
        visitor.entry(from + i, piece.getLong(i * 8));
      }
    }
  }

  /** Whether an entry breaks the format. */
  static boolean damaged(long value, Geometry g) {
    long offset = L2Entry.offset(value);
    return (value & RESERVED) != 0 || offset != 0 && ((value & 1) != 0 || !g.aligned(offset));
  }

  /**
   * Delivers the bits.
   *
   * @throws BlockException IMAGE_CORRUPT for a damaged entry or data outside the file
   */
  void load(BitmapSink sink) {
    long bits = Geometry.ceilDiv(space.virtualSize(), 1L << entry.granularityBits());
    long perCluster = 8L * g.clusterSize();
    long fileLength = space.fileLength();
    Run ones = new Run(sink);
    byte[] bytes = new byte[Math.min(PIECE, g.clusterSize())];
    long[] words = new long[bytes.length / 8];
    walk(
        (index, value) -> {
          long offset = L2Entry.offset(value);
          if (damaged(value, g) || offset != 0 && offset >= fileLength) {
            throw new BlockException(
                ErrorCode.IMAGE_CORRUPT,
                "'"
                    + space.nodeName()
                    + "': entry "
                    + index
                    + " of the table of bitmap '"
                    + Texts.printable(entry.stored().name())
                    + "' is damaged: 0x"
                    + Long.toHexString(value)
                    + "; the bitmap can only be removed");
          }
          long firstBit = index * perCluster;
          long count = Math.min(perCluster, bits - firstBit);
          if (offset != 0) {
            ones.end();
            data(offset, firstBit, count, bytes, words, sink);
          } else if ((value & 1) != 0) {
            ones.add(firstBit, count);
          } else {
            ones.end();
          }
        });
    ones.end();
  }

  private void data(
      long offset, long firstBit, long count, byte[] bytes, long[] words, BitmapSink sink) {
    ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long left = count;
    for (long at = 0; left > 0; at += bytes.length) {
      space.read(offset + at, little.clear());
      int n = (int) Math.min(words.length, Geometry.ceilDiv(left, 64));
      boolean any = false;
      for (int i = 0; i < n; i++) {
        words[i] = little.getLong(i * 8);
        any |= words[i] != 0;
      }
      if (left < n * 64L) {
        // Bits behind the end of the disk mean nothing.
        words[n - 1] &= -1L >>> (n * 64L - left);
      }
      if (any) {
        sink.words(firstBit / 64 + at / 8, words, n);
      }
      left -= words.length * 64L;
    }
  }

  /** Joins neighbouring all-ones clusters into one delivery. */
  private static final class Run {
    private final BitmapSink sink;
    private long first;
    private long count;

    Run(BitmapSink sink) {
      this.sink = sink;
    }

    void add(long from, long bits) {
      if (count == 0) {
        first = from;
      }
      count += bits;
    }

    void end() {
      if (count > 0) {
        sink.allSet(first, count);
        count = 0;
      }
    }
  }
}
