package io.ashlar.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What 4 KiB cost through device, node, qcow2 and file, beside the bare call on a {@code
 * FileChannel}. All in the page cache; overwrites are recorded by a persistent bitmap.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class DataPath {
  private static final int PAGE = 4096;

  private Path directory;
  private BenchImage image;
  private FileChannel channel;

  /** A thread's buffer and its place in the disk. */
  @State(Scope.Thread)
  public static class Caller {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(PAGE);
    private long index;

    long next() {
      return BenchImage.place(index++);
    }

    ByteBuffer buffer() {
      return buffer.clear();
    }
  }

  /** Makes an image, and a plain file as large. */
  @Setup
  public void open() throws IOException {
    directory = Files.createTempDirectory("ashlar-bench");
    image = new BenchImage(directory);
    channel =
        FileChannel.open(
            directory.resolve("bench.raw"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    ByteBuffer chunk = ByteBuffer.allocateDirect(64 << 10);
    for (long at = 0; at < BenchImage.LENGTH; at += chunk.capacity()) {
      channel.write(chunk.clear(), at);
    }
    channel.force(false);
  }

  /** Removes them. */
  @TearDown
  public void close() throws IOException {
    channel.close();
    image.close();
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  /** Reads through the graph. */
  @Benchmark
  public void read(Caller caller) {
    image.device().read(caller.next(), caller.buffer());
  }

  /**
   * All that a read is but the system call: 512 bytes of an unallocated cluster, which the image
   * finds to be zeroes by looking into its L2 table.
   */
  @Benchmark
  public void lookUp(Caller caller) {
    image.device().read(BenchImage.LENGTH + caller.next(), caller.buffer().limit(512));
  }

  /** The bare read. */
  @Benchmark
  public void bareRead(Caller caller) {
    try {
      channel.read(caller.buffer(), caller.next());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Overwrites through the graph, recorded. */
  @Benchmark
  public void overwrite(Caller caller) {
    image.device().write(caller.next(), caller.buffer());
  }

  /** The bare overwrite. */
  @Benchmark
  public void bareOverwrite(Caller caller) {
    try {
      channel.write(caller.buffer(), caller.next());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
