package io.ashlar.tests.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What a write puts down.
 *
 * @param kind a byte value, or 256 and up for noise that does not compress
 */
record Fill(int kind) {
  /** The first kind of noise. */
  static final int NOISE = 256;

  /** How many kinds of noise there are. */
  static final int NOISES = 3;

  /** A prime well above what deflate looks back, so that the noise never gets shorter. */
  private static final int PERIOD = 1_000_003;

  private static final List<byte[]> NOISE_BYTES =
      IntStream.range(NOISE, NOISE + NOISES).mapToObj(Fill::noise).toList();

  /** Puts the noise where qemu-io can read it. */
  static void prepare(Path directory) {
    try {
      for (int kind = NOISE; kind < NOISE + NOISES; kind++) {
        Files.write(directory.resolve("noise" + kind), NOISE_BYTES.get(kind - NOISE));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] noise(int kind) {
    byte[] bytes = new byte[PERIOD];
    new Random(kind).nextBytes(bytes);
    return bytes;
  }

  /** The bytes of a write. */
  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    if (kind < NOISE) {
      Arrays.fill(bytes, (byte) kind);
      return bytes;
    }
    byte[] noise = NOISE_BYTES.get(kind - NOISE);
    for (int at = 0; at < length; at += PERIOD) {
      System.arraycopy(noise, 0, bytes, at, Math.min(PERIOD, length - at));
    }
    return bytes;
  }

  /** The same as an option of qemu-io's {@code write}. */
  String option(Path directory) {
    return kind < NOISE ? "-P " + kind : "-s " + directory.resolve("noise" + kind);
  }

  @Override
  public String toString() {
    return kind < NOISE ? "byte " + kind : "noise " + kind;
  }
}
