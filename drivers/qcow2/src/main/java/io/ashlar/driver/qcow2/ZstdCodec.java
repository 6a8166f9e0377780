package io.ashlar.driver.qcow2;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Standard zstd frames. */
final class ZstdCodec implements ClusterCodec {
  /** A frame may ask for a window of 8 MiB; no cluster needs more than 2 MiB. */
  private static final int MAX_WINDOW_LOG = 23;

  private static final int LEVEL = 3;

  @Override
  public byte[] compress(byte[] cluster) {
    byte[] out = Zstd.compress(cluster, LEVEL);
    return out.length < cluster.length ? out : null;
  }

  @Override
  public boolean decompress(byte[] input, int length, byte[] cluster) {
    // The stream decoder stops when the cluster is full; the one-shot calls refuse the tail that
    // every stream in a qcow2 file has.
    try (var stream =
        new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(input, 0, length))
            .setLongMax(MAX_WINDOW_LOG)) {
      return stream.readNBytes(cluster, 0, cluster.length) == cluster.length;
    } catch (IOException e) {
      Arrays.fill(cluster, (byte) 0);
      return false;
    }
  }
}
