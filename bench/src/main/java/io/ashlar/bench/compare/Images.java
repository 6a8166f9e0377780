package io.ashlar.bench.compare;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The images of a comparison, made by QEMU's tools, in a directory that goes away at the end. */
final class Images implements AutoCloseable {
  /** Bytes of the disk that is read and overwritten. */
  static final long FULL = 1L << 30;

  /** Bytes of the disk that starts empty. */
  static final long EMPTY = 4L << 30;

  /** Where a file is nothing but pages in memory, on most Linux systems. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Path directory;

  private Images(Path directory) {
    this.directory = directory;
  }

  /**
   * A directory whose files are page cache and nothing else, if this host has one with room for a
   * full image.
   */
  static Optional<Path> memory() {
    try {
      FileStore store = Files.getFileStore(MEMORY);
      boolean fits = store.getUsableSpace() > FULL + FULL / 4;
      return store.type().equals("tmpfs") && fits && Files.isWritable(MEMORY)
          ? Optional.of(MEMORY)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // not there
    }
  }

  /** A new directory below one that is made when it is not there. */
  static Images in(Path parent) {
    try {
      Files.createDirectories(parent);
      return new Images(Files.createTempDirectory(parent, "ashlar-compare"));
    } catch (IOException e) {
      throw new CompareException("cannot make a directory in " + parent + ": " + e, e);
    }
  }

  /** An image with every cluster allocated, all of it in the page cache. */
  Path full(String name) {
    Path image = directory.resolve(name);
    String file = image.toString();
    Tool.check("qemu-img", "create", "-q", "-f", "qcow2", file, Long.toString(FULL));
    fillAndRead("qcow2", image);
    return image;
  }

  /**
   * Cluster by cluster, as a guest fills a disk: after larger writes the kernel keeps larger pages,
   * and every small write into one of those takes several times as long, whoever it comes from.
   */
  private static void fillAndRead(String format, Path image) {
    String file = image.toString();
    Tool.check("qemu-img", "bench", "-q", "-f", format, "-w", "-s", "65536", "-c", "16384", file);
    Tool.check("qemu-img", "bench", "-q", "-f", format, "-s", "65536", "-c", "16384", file);
  }

  /** A plain file of the same length, filled the same way. */
  Path plain(String name) {
    Path file = directory.resolve(name);
    Tool.check("qemu-img", "create", "-q", "-f", "raw", file.toString(), Long.toString(FULL));
    fillAndRead("raw", file);
    return file;
  }

  /** The same with an enabled persistent bitmap. */
  Path fullWithBitmap(String name) {
    Path image = full(name);
    Tool.check("qemu-img", "bitmap", "--add", "--enable", image.toString(), "bitmap0");
    return image;
  }

  /** An empty image, in place of what was there. */
  Path empty(String name) {
    return empty(name, EMPTY);
  }

  /** An empty image of a length in bytes, in place of what was there. */
  Path empty(String name, long length) {
    Path image = directory.resolve(name);
    String file = image.toString();
    try {
      Files.deleteIfExists(image);
    } catch (IOException e) {
      throw new CompareException("cannot remove " + image + ": " + e, e);
    }
    Tool.check("qemu-img", "create", "-q", "-f", "qcow2", file, Long.toString(length));
    return image;
  }

  /** Whether an image is consistent, for nothing fast counts if it is wrong. */
  void requireClean(Path image) {
    Tool.check("qemu-img", "check", "-q", "-f", "qcow2", image.toString());
  }

  @Override
  public void close() {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new CompareException("cannot remove " + directory + ": " + e, e);
    }
  }
}
