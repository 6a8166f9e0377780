package io.ashlar.bench.compare;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.OpenImage;
import io.ashlar.engine.api.OpenOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** Runs of Ashlar, through the interface that embedders use. */
final class AshlarBench implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int PAGE = 4096;

  private final Ashlar engine = Ashlar.start();

  /** An image opened for reading. */
  OpenImage reader(Path image) {
    return engine.open(image, OpenOptions.reader("qcow2")).await(LIMIT);
  }

  /** Reads a second: 4 KiB each, one step apart, callers taking turns. */
  double reads(OpenImage image, int callers, double seconds) {
    BlockDevice device = image.device();
    long length = device.length();
    return Callers.rate(
        callers,
        seconds,
        caller -> {
          ByteBuffer buffer = ByteBuffer.allocateDirect(PAGE);
          return index -> device.read(place(index, caller, callers, length), buffer.clear());
        });
  }

  /** Overwrites a second, the same way; opens and closes the image outside of the time. */
  double overwrites(Path path, int callers, double seconds) {
    try (OpenImage image = engine.open(path, OpenOptions.writer("qcow2")).await(LIMIT)) {
      requireRecording(image);
      BlockDevice device = image.device();
      long length = device.length();
      Callers.RequestFactory requests =
          caller -> {
            ByteBuffer buffer = filled(PAGE);
            return index -> device.write(place(index, caller, callers, length), buffer.clear());
          };
      return Callers.rate(callers, seconds, requests);
    }
  }

  /** Writes a second into an empty image, one flush at the end inside the time. */
  double fills(Path path, int callers, int size, long requests) {
    try (OpenImage image = engine.open(path, OpenOptions.writer("qcow2")).await(LIMIT)) {
      BlockDevice device = image.device();
      return Callers.rateOf(
          callers,
          requests / callers,
          caller -> {
            ByteBuffer buffer = filled(size);
            return index -> device.write((index * callers + caller) * size, buffer.clear());
          },
          device::flush);
    }
  }

  private void requireRecording(OpenImage image) {
    boolean recording =
        engine.bitmaps().list(image.node().nodeName()).await(LIMIT).stream()
            .anyMatch(b -> b.persistent() && b.recording());
    if (!recording) {
      throw new CompareException("no persistent bitmap records on " + image.node().nodeName());
    }
  }

  private static long place(long index, int caller, int callers, long length) {
    return (index * callers + caller) * Cases.STEP % length;
  }

  private static ByteBuffer filled(int size) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(size);
    while (buffer.hasRemaining()) {
      buffer.put((byte) 0x5a);
    }
    return buffer;
  }

  @Override
  public void close() {
    engine.close();
  }
}
