package io.ashlar.bench.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What the kernel does without a block layer above it. */
final class BareFile {
  private static final int PAGE = 4096;

  private BareFile() {}

  /** Overwrites a second of one caller: 4 KiB each, one step apart, into a file that was synced. */
  static double overwrites(Path path, double seconds) {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.force(false);
      long length = file.size();
      ByteBuffer buffer = ByteBuffer.allocateDirect(PAGE);
      return Callers.rate(
          1, seconds, caller -> index -> write(file, buffer, index * Cases.STEP % length));
    } catch (IOException e) {
      throw new CompareException("cannot write " + path + ": " + e, e);
    }
  }

  private static void write(FileChannel file, ByteBuffer buffer, long offset) {
    try {
      int written = file.write(buffer.clear(), offset);
      if (written != PAGE) {
        throw new CompareException("a write of " + PAGE + " bytes wrote " + written);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
