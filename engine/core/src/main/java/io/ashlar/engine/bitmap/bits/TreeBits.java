package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A {@link BitTree} as the source and the sink of stored bits, and its checksum. */
public final class TreeBits {
  private static final int CHUNK_WORDS = 1024;

  private TreeBits() {}

  /** The words of a tree; the caller sees to it that nobody sets bits meanwhile. */
  public static BitmapSource source(BitTree tree) {
    return new BitmapSource() {
      @Override
      public long nextNonZeroWord(long fromWord) {
        return tree.nextNonZeroWord(fromWord);
      }

      @Override
      public void copy(long firstWord, long[] into, int count) {
        for (int i = 0; i < count; i++) {
          into[i] = tree.word(firstWord + i);
        }
      }
    };
  }

  /** Sets bits of a tree as they are delivered; what lies behind its end is ignored. */
  public static BitmapSink sink(BitTree tree) {
    return new BitmapSink() {
      @Override
      public void words(long firstWord, long[] words, int count) {
        for (int i = 0; i < count; i++) {
          tree.orWord(firstWord + i, words[i]);
        }
      }

      @Override
      public void allSet(long firstBit, long count) {
        long end = count >= tree.bits() - firstBit ? tree.bits() : firstBit + count;
        if (firstBit < end) {
          tree.setBits(firstBit, end);
        }
      }
    };
  }

  /**
   * The checksum that QEMU's {@code x-debug-block-dirty-bitmap-sha256} reports: SHA-256 over the
   * words, little-endian.
   */
  public static String sha256(BitTree tree) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_WORDS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    // QEMU keeps at least one word, also for an empty disk.
    long words = Math.max(1, tree.words());
    for (long first = 0; first < words; first += CHUNK_WORDS) {
      int count = (int) Math.min(CHUNK_WORDS, words - first);
      chunk.clear();
      for (int i = 0; i < count; i++) {
        chunk.putLong(tree.word(first + i));
      }
      digest.update(chunk.array(), 0, count * Long.BYTES);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
