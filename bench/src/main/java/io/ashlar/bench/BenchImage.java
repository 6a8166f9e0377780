package io.ashlar.bench;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.OpenImage;
import io.ashlar.engine.api.OpenOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * An engine with an open qcow2 image, half of it allocated and in the page cache, and a persistent
 * bitmap that records: qcow2 over file, as a guest finds it.
 */
public final class BenchImage implements AutoCloseable {
  /** Bytes that are allocated: the first half of the disk. The second half is empty. */
  public static final long LENGTH = 64L << 20;

  /**
   * Bytes from one request to the next: 17 pages, so that all pages come before one comes twice.
   */
  public static final long STEP = 69_632;

  private static final int CHUNK = 64 << 10;

  private final Ashlar engine = Ashlar.start();
  private final OpenImage image;

  /** Makes the image in a directory and opens it. */
  public BenchImage(Path directory) {
    Path file = directory.resolve("bench.qcow2");
    String name = file.toString();
    engine.graph().create("file", Map.of("filename", name, "size", 0L)).await();
    engine
        .graph()
        .create(
            "qcow2", Map.of("file", Map.of("driver", "file", "filename", name), "size", 2 * LENGTH))
        .await();
    image = engine.open(file, OpenOptions.writer("qcow2")).await();
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    for (long at = 0; at < LENGTH; at += CHUNK) {
      device().write(at, chunk.clear());
    }
    device().flush();
    engine.bitmaps().add(image.node().nodeName(), "bitmap0", Bitmaps.Settings.PERSISTENT).await();
  }

  /** The device on the image; it may write. */
  public BlockDevice device() {
    return image.device();
  }

  /** The offset of a request. */
  public static long place(long index) {
    return index * STEP % LENGTH;
  }

  @Override
  public void close() {
    image.close();
    engine.close();
  }
}
