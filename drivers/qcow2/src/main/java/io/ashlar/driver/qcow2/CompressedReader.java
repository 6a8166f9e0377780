package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Decodes compressed clusters (section 11) and keeps a few decoded ones, for guests read them in
 * small pieces. Thread-safe, never waits.
 */
final class CompressedReader {
  /** A cluster and the descriptor it was decoded from. */
  private static final class Decoded {
    private final long entry;
    private final int generation;
    private final byte[] cluster;

    Decoded(long entry, int generation, byte[] cluster) {
      this.entry = entry;
      this.generation = generation;
      this.cluster = cluster;
    }
  }

  private static final int KEPT_BYTES = 2 << 20;

  private final Qcow2Image image;
  private final ClusterCodec codec;
  private final AtomicReferenceArray<Decoded> kept;
  private final AtomicInteger generation = new AtomicInteger();

  CompressedReader(Qcow2Image image) {
    this.image = image;
    this.codec = ClusterCodec.of(image.header().compressionType());
    int size = image.geometry.clusterSize();
    this.kept = new AtomicReferenceArray<>(Math.max(2, Math.min(16, KEPT_BYTES / size)));
  }

  /**
   * A decoded cluster; not to be changed.
   *
   * @throws BlockException IO_ERROR when its stream is damaged
   */
  byte[] cluster(long entry, long guestOffset) {
    int now = generation.get();
    int place = (int) ((guestOffset >>> image.geometry.clusterBits()) % kept.length());
    Decoded known = kept.get(place);
    if (known != null && known.entry == entry && known.generation == now) {
      return known.cluster;
    }
    byte[] cluster = decode(entry, guestOffset);
    kept.set(place, new Decoded(entry, now, cluster));
    return cluster;
  }

  /** A new stream was linked: its descriptor may be one that meant other bytes before. */
  void streamAdded() {
    generation.incrementAndGet();
  }

  private byte[] decode(long entry, long guestOffset) {
    Geometry g = image.geometry;
    long offset = g.compressedOffset(entry);
    if (offset >= Geometry.MAX_HOST_OFFSET || offset < g.clusterSize()) {
      throw image.damage.fatal(
          "Compressed cluster offset %s invalid (guest offset: %s)"
              .formatted(Tables.hex(offset), Tables.hex(g.clusterStart(guestOffset))),
          offset);
    }
    byte[] stream = image.file.read(offset, g.compressedLength(entry));
    byte[] cluster = new byte[g.clusterSize()];
    if (!codec.decompress(stream, stream.length, cluster)) {
      throw new BlockException(
          ErrorCode.IO_ERROR,
          "node '%s': the compressed cluster at guest offset %s is damaged"
              .formatted(image.nodeName(), Tables.hex(g.clusterStart(guestOffset))));
    }
    return cluster;
  }
}
