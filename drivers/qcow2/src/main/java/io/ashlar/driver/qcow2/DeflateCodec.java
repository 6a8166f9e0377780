package io.ashlar.driver.qcow2;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Raw deflate, without zlib's header, with a window of 4 KiB. */
final class DeflateCodec implements ClusterCodec {
  /** The window that readers of the format need not exceed. */
  static final int WINDOW = 4096;

  private static final int LEVEL = 6;

  @Override
  public byte[] compress(byte[] cluster) {
    Deflater deflater = new Deflater(LEVEL, true);
    try {
      byte[] out = new byte[cluster.length - 1];
      int used = 0;
      // The JDK cannot set the window. A full flush forgets the window, so no distance passes the
      // slice; some flushes leave bytes for the next call, hence the inner loops.
      for (int from = 0; from < cluster.length; from += WINDOW) {
        deflater.setInput(cluster, from, Math.min(WINDOW, cluster.length - from));
        boolean last = from + WINDOW >= cluster.length;
        if (last) {
          deflater.finish();
        }
        int mode = last ? Deflater.NO_FLUSH : Deflater.FULL_FLUSH;
        while (true) {
          if (used == out.length) {
            return null;
          }
          int n = deflater.deflate(out, used, out.length - used, mode);
          used += n;
          if (last ? deflater.finished() : used < out.length) {
            break;
          }
        }
      }
      return Arrays.copyOf(out, used);
    } finally {
      deflater.end();
    }
  }

  @Override
  public boolean decompress(byte[] input, int length, byte[] cluster) {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(input, 0, length);
      int filled = 0;
      while (filled < cluster.length) {
        int n = inflater.inflate(cluster, filled, cluster.length - filled);
        if (n == 0) {
          return false;
        }
        filled += n;
      }
      return true;
    } catch (DataFormatException e) {
      return false;
    } finally {
      inflater.end();
    }
  }
}
