package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Cluster 0 of an image as bytes (sections 2 to 4). Reading checks every length, count and offset
 * against the limits of the format before anything is allocated by it, and throws IMAGE_CORRUPT,
 * IMAGE_LIMIT, UNKNOWN_VERSION or WRONG_FORMAT with what was found and what is allowed. It does not
 * judge whether this driver serves the image: that is {@link FeatureCheck}.
 */
final class HeaderCodec {
  /** The first four bytes. */
  static final int MAGIC = 0x514649FB;

  /** Bytes of the version 2 header. */
  static final int V2_LENGTH = 72;

  /** Bytes of the shortest version 3 header. */
  static final int V3_LENGTH = 104;

  /** Bytes of the header that is written here; what follows in a longer one is unknown. */
  static final int KNOWN_LENGTH = 112;

  /** Longest name of a backing file. */
  static final int MAX_BACKING_NAME = 1023;

  private static final int MAX_EXTENSIONS = 1024;
  private static final int MAX_EXTENSION = 65_536;

  private HeaderCodec() {}

  /** Whether bytes begin with qcow2's magic. */
  static boolean isQcow2(BlockIo file) {
    byte[] magic = new byte[4];
    readPadded(file, 0, magic);
    return file.length() >= 4 && ByteBuffer.wrap(magic).getInt() == MAGIC;
  }

  /**
   * Reads cluster 0.
   *
   * @param where the file or node, for messages
   * @return its bytes, zero padded when the file ends within it
   */
  static byte[] readCluster(BlockIo file, String where) {
    byte[] start = new byte[V2_LENGTH];
    readPadded(file, 0, start);
    ByteBuffer b = ByteBuffer.wrap(start);
    if (file.length() < 4 || b.getInt(0) != MAGIC) {
      throw new BlockException(
          ErrorCode.WRONG_FORMAT, "'" + where + "': Image is not in qcow2 format");
    }
    if (file.length() < V2_LENGTH) {
      throw corrupt(where, "the file ends within its header, after " + file.length() + " bytes");
    }
    int version = b.getInt(4);
    if (version != 2 && version != 3) {
      throw new BlockException(
          ErrorCode.UNKNOWN_VERSION,
          "'"
              + where
              + "': Unsupported qcow2 version "
              + Integer.toUnsignedString(version)
              + "; versions 2 and 3 are known");
    }
    long bits = b.getInt(20) & 0xFFFF_FFFFL;
    if (bits < Geometry.MIN_CLUSTER_BITS || bits > Geometry.MAX_CLUSTER_BITS) {
      throw corrupt(where, "Unsupported cluster size: 2^" + bits + "; 2^9 to 2^21 is allowed");
    }
    byte[] cluster = new byte[1 << bits];
    readPadded(file, 0, cluster);
    return cluster;
  }

  /**
   * Understands cluster 0.
   *
   * @param cluster from {@link #readCluster}
   * @param fileLength bytes of the file, to find tables that lie outside it
   */
  static Header parse(byte[] cluster, long fileLength, String where) {
    ByteBuffer b = ByteBuffer.wrap(cluster);
    Header.Builder h = new Header.Builder();
    h.version = b.getInt(4);
    h.clusterBits = b.getInt(20);
    h.size = b.getLong(24);
    h.cryptMethod = b.getInt(32);
    h.l1Size = b.getInt(36);
    h.l1Offset = b.getLong(40);
    h.refcountTableOffset = b.getLong(48);
    h.refcountTableClusters = b.getInt(56);
    h.snapshotCount = b.getInt(60);
    h.snapshotsOffset = b.getLong(64);
    parseVersion3(cluster, h, fileLength, where);
    if (h.cryptMethod < 0 || h.cryptMethod > 2) {
      throw corrupt(
          where,
          "Unsupported encryption method "
              + Integer.toUnsignedString(h.cryptMethod)
              + "; 0 to 2 are known");
    }
    parseBackingName(cluster, h, where);
    parseExtensions(cluster, h, where);
    HeaderTables.check(h, fileLength, where);
    return h.build();
  }

  private static void parseVersion3(byte[] all, Header.Builder h, long fileLength, String where) {
    ByteBuffer b = ByteBuffer.wrap(all);
    if (h.version == 2) {
      h.headerLength = V2_LENGTH;
      h.padding = new byte[0];
      return;
    }
    if (fileLength < V3_LENGTH) {
      throw corrupt(where, "the file ends within its header, after " + fileLength + " bytes");
    }
    h.incompatible = b.getLong(72);
    h.compatible = b.getLong(80);
    h.autoclear = b.getLong(88);
    h.refcountOrder = b.getInt(96);
    h.headerLength = b.getInt(100);
    if (h.refcountOrder < 0 || h.refcountOrder > 6) {
      throw corrupt(
          where,
          "Reference count entry width too large; may not exceed 64 bits (refcount_order "
              + Integer.toUnsignedString(h.refcountOrder)
              + ")");
    }
    if (h.headerLength >= 0 && h.headerLength < V3_LENGTH) {
      throw corrupt(where, "qcow2 header too short: " + h.headerLength + " bytes of at least 104");
    }
    if (h.headerLength < 0 || h.headerLength > b.capacity()) {
      throw corrupt(
          where,
          "qcow2 header exceeds cluster size: "
              + Integer.toUnsignedString(h.headerLength)
              + " bytes of at most "
              + b.capacity());
    }
    if (h.headerLength % 8 != 0) {
      throw corrupt(where, "header length " + h.headerLength + " is not a multiple of 8");
    }
    h.compressionType = h.headerLength > V3_LENGTH ? all[104] & 0xFF : Header.DEFLATE;
    h.padding =
        h.headerLength > V3_LENGTH ? Arrays.copyOfRange(all, 105, KNOWN_LENGTH) : new byte[0];
    h.tail =
        h.headerLength > KNOWN_LENGTH
            ? Arrays.copyOfRange(all, KNOWN_LENGTH, h.headerLength)
            : new byte[0];
  }

  private static void parseBackingName(byte[] cluster, Header.Builder h, String where) {
    ByteBuffer b = ByteBuffer.wrap(cluster);
    h.backingOffset = b.getLong(8);
    long length = b.getInt(16) & 0xFFFF_FFFFL;
    if (h.backingOffset == 0) {
      return;
    }
    if (h.backingOffset < h.headerLength || h.backingOffset > b.capacity()) {
      throw corrupt(
          where,
          "Invalid backing file offset "
              + Long.toUnsignedString(h.backingOffset)
              + "; it lies in the first cluster behind the header");
    }
    if (length > Math.min(MAX_BACKING_NAME, b.capacity() - h.backingOffset)) {
      throw corrupt(
          where,
          "Backing file name too long: "
              + length
              + " bytes of at most "
              + Math.min(MAX_BACKING_NAME, b.capacity() - h.backingOffset));
    }
    if (length > 0) {
      int from = (int) h.backingOffset;
      h.backingName = Arrays.copyOfRange(cluster, from, from + (int) length);
    }
  }

  private static void parseExtensions(byte[] cluster, Header.Builder h, String where) {
    ByteBuffer b = ByteBuffer.wrap(cluster);
    int end = h.backingOffset != 0 ? (int) h.backingOffset : b.capacity();
    int at = h.headerLength;
    while (at + 8 <= end) {
      int type = b.getInt(at);
      long length = b.getInt(at + 4) & 0xFFFF_FFFFL;
      if (type == 0) {
        return;
      }
      String what = "header extension 0x" + Integer.toHexString(type) + " at " + at;
      if (length > end - at - 8) {
        throw corrupt(
            where,
            "Header extension too large: "
                + what
                + " says "
                + length
                + " bytes where "
                + (end - at - 8)
                + " are left");
      }
      if (length > MAX_EXTENSION || h.extensions.size() >= MAX_EXTENSIONS) {
        throw new BlockException(
            ErrorCode.IMAGE_LIMIT,
            "'"
                + where
                + "': "
                + what
                + " passes the limit of "
                + MAX_EXTENSIONS
                + " extensions of 64 KiB");
      }
      checkExtension(type, (int) length, h, what, where);
      h.extensions.add(
          new HeaderExtension(type, Arrays.copyOfRange(cluster, at + 8, at + 8 + (int) length)));
      at += 8 + ((int) length + 7 & ~7);
    }
  }

  private static void checkExtension(
      int type, int length, Header.Builder h, String what, String where) {
    if (type == HeaderExtension.BACKING_FORMAT && length >= 16) {
      throw corrupt(where, what + " (backing format) has " + length + " bytes of at most 15");
    }
    if (type == HeaderExtension.BITMAPS) {
      if (length != BitmapsExtension.LENGTH) {
        throw corrupt(where, what + " (bitmaps) has " + length + " bytes instead of 24");
      }
      if (h.extensions.stream().anyMatch(e -> e.type() == HeaderExtension.BITMAPS)) {
        throw corrupt(where, what + " is a second bitmaps extension");
      }
    }
    if (type == HeaderExtension.CRYPTO && length != 16) {
      throw corrupt(where, what + " (encryption) has " + length + " bytes instead of 16");
    }
  }

  /** Cluster 0 for a header; see {@link HeaderLayout#encode}. */
  static byte[] encode(Header h) {
    return HeaderLayout.encode(h);
  }

  /** Reads, giving zeroes past the end of the file. */
  static void readPadded(BlockIo file, long offset, byte[] into) {
    long there = Math.max(0, Math.min(into.length, file.length() - offset));
    if (there > 0) {
      file.read(offset, ByteBuffer.wrap(into, 0, (int) there), 0);
    }
    Arrays.fill(into, (int) there, into.length, (byte) 0);
  }

  /** The header of an image, read and checked. */
  static Header read(BlockIo file, String where) {
    return parse(readCluster(file, where), file.length(), where);
  }

  /** The header when the file holds a qcow2 image at all. */
  static Optional<Header> probe(BlockIo file, String where) {
    return isQcow2(file) ? Optional.of(read(file, where)) : Optional.empty();
  }

  /** The error for a header that breaks the format. */
  static BlockException corrupt(String where, String what) {
    return new BlockException(ErrorCode.IMAGE_CORRUPT, "'" + where + "': " + what);
  }
}
