package io.ashlar.driver.qcow2;

/**
 * Compressed clusters (section 11). Thread-safe and without state; memory is bounded by the cluster
 * size, plus a window of at most 8 MiB for zstd.
 */
interface ClusterCodec {
  /** The codec of a compression_type, which is known. */
  static ClusterCodec of(int compressionType) {
    return compressionType == Header.ZSTD ? new ZstdCodec() : new DeflateCodec();
  }

  /**
   * Compresses one cluster.
   *
   * @return the stream, shorter than the cluster, or {@code null} when it is not: such a cluster is
   *     stored as a normal one
   */
  byte[] compress(byte[] cluster);

  /**
   * Fills a cluster from a stream.
   *
   * @param input the bytes that the descriptor allows to read; what follows the stream is ignored
   * @param length how many of them are there
   * @param cluster the target, filled wholly
   * @return false when the stream is damaged or gives less than a cluster
   */
  boolean decompress(byte[] input, int length, byte[] cluster);
}
