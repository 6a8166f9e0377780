package io.ashlar.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The images of a comparison, made by QEMU's tools, in a directory that goes away at the end. */
final class Images implements AutoCloseable {
  /** Bytes of the disk that is read and overwritten. */
  static final long FULL = 1L << 30;

  /** Bytes of the disk that starts empty. */
  static final long EMPTY = 4L << 30;

  private final Path directory;

  private Images(Path directory) {
    this.directory = directory;
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
    // Cluster by cluster, as a guest fills a disk: after larger writes the kernel keeps larger
    // pages,
    // and every small write into one of those takes several times as long, whoever it comes from.
    Tool.check("qemu-img", "bench", "-q", "-f", "qcow2", "-w", "-s", "65536", "-c", "16384", file);
    Tool.check("qemu-img", "bench", "-q", "-f", "qcow2", "-s", "65536", "-c", "16384", file);
    return image;
  }

  /** The same with an enabled persistent bitmap. */
  Path fullWithBitmap(String name) {
    Path image = full(name);
    Tool.check("qemu-img", "bitmap", "--add", "--enable", image.toString(), "bitmap0");
    return image;
  }

  /** An empty image, in place of what was there. */
  Path empty(String name) {
    Path image = directory.resolve(name);
    String file = image.toString();
    try {
      Files.deleteIfExists(image);
    } catch (IOException e) {
      throw new CompareException("cannot remove " + image + ": " + e, e);
    }
    Tool.check("qemu-img", "create", "-q", "-f", "qcow2", file, Long.toString(EMPTY));
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
