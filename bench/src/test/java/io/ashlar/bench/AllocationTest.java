package io.ashlar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ashlar.engine.api.BlockDevice;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data path makes no objects: reads and recorded overwrites leave nothing to collect. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CALLS = 20_000;
  private static final int MOST_SLICES = 40;

  @TempDir Path directory;

  private interface Call {
    void run(long offset, ByteBuffer buffer);
  }

  @Test
  void readsMakeNoObjects() {
    try (BenchImage image = new BenchImage(directory)) {
      BlockDevice device = image.device();
      assertThat(bytesPerCall(device::read)).isLessThan(1);
    }
  }

  @Test
  void recordedOverwritesMakeNoObjects() {
    try (BenchImage image = new BenchImage(directory)) {
      BlockDevice device = image.device();
      assertThat(bytesPerCall(device::write)).isLessThan(1);
    }
  }

  /** Bytes per call once the compiler is done, which it is some time within the slices. */
  private static double bytesPerCall(Call call) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    double least = Double.MAX_VALUE;
    for (int slice = 0; slice < MOST_SLICES && least >= 1; slice++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (long i = 0; i < CALLS; i++) {
        call.run(BenchImage.place(i), buffer.clear());
      }
      least = Math.min(least, (THREADS.getCurrentThreadAllocatedBytes() - before) / (double) CALLS);
    }
    return least;
  }
}
