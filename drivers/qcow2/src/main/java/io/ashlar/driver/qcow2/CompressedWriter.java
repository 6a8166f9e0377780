package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;

/**
 * Writes clusters compressed (section 11): whole ones, over unallocated space or plain zeroes. A
 * cluster that does not get shorter is written as it is, over anything, as QEMU does. Callers are
 * counted in flight.
 */
final class CompressedWriter {
  private final Qcow2Image image;
  private final Mapping mapping;
  private final GuestWriter writer;
  private final CompressedReader reader;
  private final ClusterCodec codec;
  private final int clusterBits;
  private final int clusterSize;

  CompressedWriter(Qcow2Image image, GuestWriter writer, CompressedReader reader) {
    this.image = image;
    this.mapping = image.mapping;
    this.writer = writer;
    this.reader = reader;
    this.codec = ClusterCodec.of(image.header().compressionType());
    this.clusterBits = image.geometry.clusterBits();
    this.clusterSize = image.geometry.clusterSize();
  }

  /**
   * Writes what remains in the source. After a failure the source is at the first cluster that was
   * not written.
   *
   * @throws BlockException INVALID_REQUEST unless it is whole clusters, but for the end of the
   *     disk; IO_ERROR for a cluster that does get shorter, over one that is allocated already
   */
  void write(long offset, ByteBuffer source) {
    long end = offset + source.remaining();
    boolean whole = image.geometry.inCluster(end) == 0 || end == image.virtualSize();
    if (image.geometry.inCluster(offset) != 0 || !whole) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "node '"
              + image.nodeName()
              + "': compressed writes are of whole clusters of "
              + clusterSize
              + " bytes");
    }
    byte[] cluster = new byte[clusterSize];
    for (long at = offset; source.hasRemaining(); at += clusterSize) {
      int position = source.position();
      int count = Math.min(clusterSize, source.remaining());
      source.get(position, cluster, 0, count);
      java.util.Arrays.fill(cluster, count, clusterSize, (byte) 0);
      byte[] stream = codec.compress(cluster);
      if (stream != null) {
        writeStream(at, stream);
      } else {
        writer.write(at, ByteBuffer.wrap(cluster, 0, count));
      }
      source.position(position + count);
    }
  }

  private void writeStream(long offset, byte[] stream) {
    long cluster = offset >>> clusterBits;
    long stripes = image.stripes.lock(cluster, cluster);
    try {
      requireFree(cluster);
      mapping.ensureTable(cluster);
      L2Slice slice = mapping.slice(cluster);
      long host = image.allocator.allocateBytes(stream.length);
      boolean linked = false;
      try {
        image.overlaps.check(host, stream.length, 0);
        image.file.writeGuest(host, ByteBuffer.wrap(stream));
        long[] entries = {image.geometry.compressedEntry(host, stream.length)};
        // Before the link, so that no reader finds old bytes under the new descriptor.
        reader.streamAdded();
        writer.link(cluster, slice, entries, 1);
        linked = true;
      } finally {
        if (!linked) {
          long first = host >>> clusterBits;
          long last = host + stream.length - 1 >>> clusterBits;
          image.allocator.undo(first, last - first + 1);
        }
      }
    } finally {
      image.stripes.unlock(stripes);
    }
  }

  private void requireFree(long cluster) {
    L2Slice slice = mapping.slice(cluster);
    long entry = slice == null ? 0 : slice.get((int) cluster & mapping.sliceMask());
    if (L2Entry.compressed(entry) || L2Entry.offset(entry) != 0) {
      throw new BlockException(
          ErrorCode.IO_ERROR,
          "node '%s': the cluster at %s is allocated already; compressed writes need it unused"
              .formatted(image.nodeName(), Tables.hex(cluster << clusterBits)));
    }
  }
}
