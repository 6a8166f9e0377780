package io.ashlar.bench.compare;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A {@code qemu-storage-daemon} with one image, driven by QMP. Its guest is an NBD client. An
 * export that may write forbids a reopen to read-only, so each write has an export and a connection
 * of its own; the time they take is not counted, only the write's.
 */
final class StorageDaemon implements ReopenSide {
  private static final String NODE = "disk";
  private static final String ADD_EXPORT =
      "{\"execute\":\"block-export-add\",\"arguments\":{\"type\":\"nbd\",\"id\":\"guest\","
          + "\"name\":\"guest\",\"node-name\":\""
          + NODE
          + "\",\"writable\":true}}";
  private static final String REMOVE_EXPORT =
      "{\"execute\":\"block-export-del\",\"arguments\":{\"id\":\"guest\",\"mode\":\"hard\"}}";
  private static final long START_SECONDS = 30;

  private final Process process;
  private final Path nbd;
  private final Qmp qmp;
  private final String readOnly;
  private final String readWrite;
  private final ByteBuffer page = ReopenSide.page();

  /**
   * Starts a daemon.
   *
   * @param aio how it does I/O, {@code threads} or {@code io_uring}
   */
  StorageDaemon(Path image, String aio) {
    this(image, aio, false);
  }

  private StorageDaemon(Path image, String aio, boolean startReadOnly) {
    Path directory = image.getParent();
    String name = image.getFileName().toString();
    nbd = directory.resolve(name + ".nbd");
    Path monitor = directory.resolve(name + ".qmp");
    readOnly = reopen(image, aio, true);
    readWrite = reopen(image, aio, false);
    try {
      Files.deleteIfExists(nbd);
      Files.deleteIfExists(monitor);
      process =
          new ProcessBuilder(
                  "qemu-storage-daemon",
                  "--chardev",
                  "socket,id=monitor,server=on,wait=off,path=" + monitor,
                  "--monitor",
                  "chardev=monitor",
                  "--blockdev",
                  definition(image, aio, startReadOnly),
                  "--nbd-server",
                  "addr.type=unix,addr.path=" + nbd)
              .inheritIO()
              .start();
    } catch (IOException e) {
      throw new CompareException("cannot run qemu-storage-daemon: " + e.getMessage(), e);
    }
    qmp = connect(monitor);
  }

  // The daemon listens before it opens the image; a connection made early just waits.
  private Qmp connect(Path monitor) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!Files.exists(monitor)) {
      try {
        if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
          throw new CompareException("qemu-storage-daemon ended with " + process.exitValue());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CompareException("interrupted", e);
      }
      if (System.nanoTime() > end) {
        process.destroyForcibly();
        throw new CompareException("qemu-storage-daemon has not come up");
      }
    }
    return Qmp.connect(monitor);
  }

  private static String definition(Path image, String aio, boolean readOnly) {
    return String.format(
        "{\"driver\":\"qcow2\",\"node-name\":\"%s\",\"read-only\":%b,"
            + "\"file\":{\"driver\":\"file\",\"aio\":\"%s\",\"filename\":\"%s\"}}",
        NODE, readOnly, aio, image);
  }

  private static String reopen(Path image, String aio, boolean readOnly) {
    return "{\"execute\":\"blockdev-reopen\",\"arguments\":{\"options\":["
        + definition(image, aio, readOnly)
        + "]}}";
  }

  @Override
  public long cycle(long place) {
    qmp.execute(ADD_EXPORT);
    long writing;
    try (NbdWriter guest = NbdWriter.connect(nbd, "guest")) {
      long start = System.nanoTime();
      guest.write(place, page.clear());
      writing = System.nanoTime() - start;
    }
    qmp.executeAndAwait(REMOVE_EXPORT, "BLOCK_EXPORT_DELETED");
    long start = System.nanoTime();
    qmp.execute(readOnly, readWrite);
    return writing + System.nanoTime() - start;
  }

  @Override
  public void close() {
    try (qmp) {
      qmp.execute("{\"execute\":\"quit\"}");
      if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new CompareException("qemu-storage-daemon did not end well");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompareException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** The SHA-256 of bitmaps as QEMU loads them. */
  static List<String> sums(Path image, List<String> bitmaps) {
    try (StorageDaemon daemon = new StorageDaemon(image, "threads", true)) {
      return bitmaps.stream()
          .map(
              bitmap ->
                  daemon
                      .qmp
                      .execute(
                          String.format(
                              "{\"execute\":\"x-debug-block-dirty-bitmap-sha256\","
                                  + "\"arguments\":{\"node\":\"%s\",\"name\":\"%s\"}}",
                              NODE, bitmap))
                      .get(0))
          .map(answer -> answer.replaceAll(".*\"sha256\": *\"([0-9a-f]+)\".*", "$1"))
          .toList();
    }
  }
}
