package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.contract.TestHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With O_DIRECT, writers of parts of one block do not undo each other. */
final class FileDirectTest {
  private static final int WRITERS = 4;
  private static final int ROUNDS = 120;

  @TempDir Path directory;

  @Test
  @Timeout(60)
  void neighboursInOneBlockKeepTheirBytes() throws Exception {
    writeSlots(new byte[8192], 1000, 100);
  }

  @Test
  @Timeout(60)
  void neighboursAtTheEndOfAGrowingFileKeepTheirBytes() throws Exception {
    writeSlots(new byte[0], 0, 777);
  }

  /** Writer i writes slot after slot, each WRITERS slots behind its last, twice. */
  private void writeSlots(byte[] content, int start, int slot) throws Exception {
    Path path = Files.write(directory.resolve("disk"), content);
    TestHost host = Held.host(false).nodeOptions(NodeOptions.DEFAULTS.withCache(CacheMode.NONE));
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    try (BlockNode node = Held.open(host, path)) {
      assertThat(node.traits().preferredAlignment()).isGreaterThanOrEqualTo(512);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        int writer = i;
        threads.add(
            new Thread(
                () -> {
                  try {
                    for (int round = 0; round < ROUNDS; round++) {
                      long at = start + (long) (round * WRITERS + writer) * slot;
                      node.write(at, ByteBuffer.wrap(filled(slot, writer)), IoFlags.NONE);
                    }
                  } catch (Throwable e) {
                    failures.add(e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(failures).isEmpty();
    assertSlots(path, start, slot);
  }

  private static void assertSlots(Path path, int start, int slot) throws IOException {
    byte[] found = Files.readAllBytes(path);
    assertThat(found).hasSize(start + WRITERS * ROUNDS * slot);
    for (int i = 0; i < WRITERS * ROUNDS; i++) {
      byte[] part = Arrays.copyOfRange(found, start + i * slot, start + (i + 1) * slot);
      assertThat(Arrays.equals(part, filled(slot, i % WRITERS))).as("slot %d", i).isTrue();
    }
  }

  private static byte[] filled(int size, int writer) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) (writer + 1));
    return bytes;
  }
}
