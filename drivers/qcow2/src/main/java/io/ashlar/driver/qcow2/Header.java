package io.ashlar.driver.qcow2;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What cluster 0 says of an image (sections 2 to 4). Immutable: a changed header is made through
 * {@link #toBuilder()}. Bytes and extensions that are not understood are kept. {@link HeaderCodec}
 * reads and writes it.
 */
final class Header {
  /** Incompatible bit 0: refcounts may be stale. */
  static final long DIRTY = 1;

  /** Incompatible bit 1: metadata is damaged. */
  static final long CORRUPT = 1 << 1;

  /** Incompatible bit 2. */
  static final long EXTERNAL_DATA_FILE = 1 << 2;

  /** Incompatible bit 3: the compression type is not deflate. */
  static final long COMPRESSION_TYPE = 1 << 3;

  /** Incompatible bit 4. */
  static final long EXTENDED_L2 = 1 << 4;

  /** Incompatible bits that have a meaning here. */
  static final long KNOWN_INCOMPATIBLE =
      DIRTY | CORRUPT | EXTERNAL_DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;

  /** Compatible bit 0. */
  static final long LAZY_REFCOUNTS = 1;

  /** Autoclear bit 0: the bitmaps extension is to be trusted. */
  static final long AUTOCLEAR_BITMAPS = 1;

  /** Autoclear bit 1: the data file is a faithful raw image. */
  static final long AUTOCLEAR_RAW_DATA = 1 << 1;

  /** compression_type of raw deflate. */
  static final int DEFLATE = 0;

  /** compression_type of zstd. */
  static final int ZSTD = 1;

  private final Builder f;

  private Header(Builder fields) {
    this.f = fields;
  }

  /** Mutable copy of all fields. */
  static final class Builder {
    int version = 3;
    long backingOffset;
    byte[] backingName;
    int clusterBits = 16;
    long size;
    int cryptMethod;
    int l1Size;
    long l1Offset;
    long refcountTableOffset;
    int refcountTableClusters;
    int snapshotCount;
    long snapshotsOffset;
    long incompatible;
    long compatible;
    long autoclear;
    int refcountOrder = 4;
    int headerLength = 112;
    int compressionType;
    byte[] padding = new byte[7];
    byte[] tail = new byte[0];
    List<HeaderExtension> extensions = new ArrayList<>();

    Builder() {}

    private Builder(Builder o) {
      version = o.version;
      backingOffset = o.backingOffset;
      backingName = o.backingName;
      clusterBits = o.clusterBits;
      size = o.size;
      cryptMethod = o.cryptMethod;
      l1Size = o.l1Size;
      l1Offset = o.l1Offset;
      refcountTableOffset = o.refcountTableOffset;
      refcountTableClusters = o.refcountTableClusters;
      snapshotCount = o.snapshotCount;
      snapshotsOffset = o.snapshotsOffset;
      incompatible = o.incompatible;
      compatible = o.compatible;
      autoclear = o.autoclear;
      refcountOrder = o.refcountOrder;
      headerLength = o.headerLength;
      compressionType = o.compressionType;
      padding = o.padding;
      tail = o.tail;
      extensions = new ArrayList<>(o.extensions);
    }

    /** Replaces, appends ({@code null} before) or removes ({@code null} data) an extension. */
    Builder extension(int type, HeaderExtension value) {
      int at = -1;
      for (int i = 0; i < extensions.size() && at < 0; i++) {
        at = extensions.get(i).type() == type ? i : -1;
      }
      if (at < 0) {
        if (value != null) {
          extensions.add(value);
        }
      } else if (value == null) {
        extensions.remove(at);
      } else {
        extensions.set(at, value);
      }
      return this;
    }

    Header build() {
      return new Header(new Builder(this));
    }
  }

  /** A mutable copy. */
  Builder toBuilder() {
    return new Builder(f);
  }

  /** 2 or 3. */
  int version() {
    return f.version;
  }

  /** Cluster size and refcount width. */
  Geometry geometry() {
    return new Geometry(f.clusterBits, f.refcountOrder);
  }

  /** log2 of the cluster size. */
  int clusterBits() {
    return f.clusterBits;
  }

  /** Bytes of a cluster. */
  int clusterSize() {
    return 1 << f.clusterBits;
  }

  /** Virtual size in bytes as stored; QEMU serves it rounded down to 512. */
  long size() {
    return f.size;
  }

  /** 0 none, 1 AES, 2 LUKS. */
  int cryptMethod() {
    return f.cryptMethod;
  }

  /** Entries of the active L1 table. */
  int l1Size() {
    return f.l1Size;
  }

  /** Host offset of the active L1 table. */
  long l1Offset() {
    return f.l1Offset;
  }

  /** Host offset of the refcount table. */
  long refcountTableOffset() {
    return f.refcountTableOffset;
  }

  /** Clusters of the refcount table. */
  int refcountTableClusters() {
    return f.refcountTableClusters;
  }

  /** Number of internal snapshots. */
  int snapshotCount() {
    return f.snapshotCount;
  }

  /** Host offset of the snapshot table. */
  long snapshotsOffset() {
    return f.snapshotsOffset;
  }

  /** Incompatible feature bits. */
  long incompatible() {
    return f.incompatible;
  }

  /** Compatible feature bits. */
  long compatible() {
    return f.compatible;
  }

  /** Autoclear feature bits. */
  long autoclear() {
    return f.autoclear;
  }

  /** log2 of the refcount width. */
  int refcountOrder() {
    return f.refcountOrder;
  }

  /** Bytes of the fixed header; extensions follow. */
  int headerLength() {
    return f.headerLength;
  }

  /** {@link #DEFLATE} or {@link #ZSTD}. */
  int compressionType() {
    return f.compressionType;
  }

  /** The bytes between compression type and byte 112; zero unless a newer program wrote them. */
  byte[] padding() {
    return f.padding.clone();
  }

  /** Header bytes from 112 to {@link #headerLength()}, of unknown meaning. */
  byte[] tail() {
    return f.tail.clone();
  }

  /** Extensions in order, those of unknown meaning included. */
  List<HeaderExtension> extensions() {
    return List.copyOf(f.extensions);
  }

  /** The first extension of a type. */
  Optional<HeaderExtension> extension(int type) {
    return f.extensions.stream().filter(e -> e.type() == type).findFirst();
  }

  /** Place of the backing file's name in cluster 0; 0 for none. */
  long backingOffset() {
    return f.backingOffset;
  }

  /** The bytes of the backing file's name; inert text. */
  Optional<byte[]> backingBytes() {
    return Optional.ofNullable(f.backingName).map(byte[]::clone);
  }

  /** The backing file's name; inert text: print it through {@link io.ashlar.spi.Texts}. */
  Optional<String> backingName() {
    return Optional.ofNullable(f.backingName).map(b -> new String(b, StandardCharsets.UTF_8));
  }

  /** The backing file's format as stored; inert text. */
  Optional<String> backingFormat() {
    return extension(HeaderExtension.BACKING_FORMAT).map(HeaderExtension::text);
  }

  /** Whether refcounts may be stale. */
  boolean dirty() {
    return (f.incompatible & DIRTY) != 0;
  }

  /** Whether the image is marked as damaged. */
  boolean corrupt() {
    return (f.incompatible & CORRUPT) != 0;
  }

  /** The bitmaps extension as stored, whether it can be trusted or not. */
  Optional<BitmapsExtension> storedBitmaps() {
    return extension(HeaderExtension.BITMAPS).map(e -> BitmapsExtension.of(e.data()));
  }

  /** The bitmaps extension when autoclear bit 0 vouches for it. */
  Optional<BitmapsExtension> bitmaps() {
    return (f.autoclear & AUTOCLEAR_BITMAPS) != 0 ? storedBitmaps() : Optional.empty();
  }

  /** The same with bitmaps and autoclear bit 0, or without both. */
  Header withBitmaps(BitmapsExtension bitmaps) {
    Builder b = toBuilder();
    b.autoclear =
        bitmaps == null ? b.autoclear & ~AUTOCLEAR_BITMAPS : b.autoclear | AUTOCLEAR_BITMAPS;
    return b.extension(HeaderExtension.BITMAPS, bitmaps == null ? null : bitmaps.toExtension())
        .build();
  }

  /** The same with incompatible bits set or cleared. */
  Header withIncompatible(long bits, boolean on) {
    Builder b = toBuilder();
    b.incompatible = on ? b.incompatible | bits : b.incompatible & ~bits;
    return b.build();
  }

  /**
   * What a read-write open leaves: unknown autoclear bits cleared, and an extension for bitmaps
   * that nothing vouches for dropped (section 3). The same object when nothing is to change.
   */
  Header forWriting() {
    Builder b = toBuilder();
    // A fence that was found stays until the engine has looked at it.
    long fence = extension(FenceExtension.TYPE).isPresent() ? FenceHeader.MASK : 0;
    b.autoclear &= AUTOCLEAR_BITMAPS | AUTOCLEAR_RAW_DATA | fence;
    boolean stale =
        (b.autoclear & AUTOCLEAR_BITMAPS) == 0 && extension(HeaderExtension.BITMAPS).isPresent();
    if (stale) {
      b.extension(HeaderExtension.BITMAPS, null);
    }
    if (extension(HeaderExtension.BITMAPS).isEmpty()) {
      b.autoclear &= ~AUTOCLEAR_BITMAPS;
    }
    return stale || b.autoclear != f.autoclear ? b.build() : this;
  }

  /**
   * The same without autoclear bits that are not kept up here, and without the one of bitmaps that
   * are not there; no extension changes.
   */
  Header withoutForeignBits() {
    Builder b = toBuilder();
    b.autoclear = forWriting().autoclear();
    return b.build();
  }

  /** The same with another virtual size. */
  Header withSize(long size) {
    Builder b = toBuilder();
    b.size = size;
    return b.build();
  }

  /** The same with another active L1 table. */
  Header withL1(long offset, int entries) {
    Builder b = toBuilder();
    b.l1Offset = offset;
    b.l1Size = entries;
    return b.build();
  }

  /** The same with another refcount table. */
  Header withRefcountTable(long offset, int clusters) {
    Builder b = toBuilder();
    b.refcountTableOffset = offset;
    b.refcountTableClusters = clusters;
    return b.build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Header h
        && Arrays.equals(HeaderCodec.encode(this), HeaderCodec.encode(h));
  }

  @Override
  public int hashCode() {
    return Long.hashCode(f.size) * 31 + Long.hashCode(f.l1Offset);
  }
}
