package io.ashlar.driver.qcow2;

import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** One kind of image: how it is made, by us, and what lies below it. */
record Cell(int clusterBits, int version, int refcountBits, Backing backing, boolean lazy) {
  enum Backing {
    NONE,
    SHORTER,
    LONGER
  }

  /** Every legal combination of the interesting values. */
  static List<Cell> all() {
    List<Cell> cells = new ArrayList<>();
    for (int bits : new int[] {9, 12, 16, 21}) {
      for (Backing backing : Backing.values()) {
        cells.add(new Cell(bits, 2, 16, backing, false));
        for (int width : new int[] {1, 16, 64}) {
          cells.add(new Cell(bits, 3, width, backing, width == 16 && backing == Backing.NONE));
        }
      }
    }
    return cells;
  }

  long size() {
    return clusterBits == 21 ? (9L << 20) + 512 : clusterBits == 16 ? (5 << 20) + 1536 : 700_416;
  }

  byte[] below(Random random) {
    if (backing == Backing.NONE) {
      return new byte[0];
    }
    byte[] bytes =
        new byte[(int) (backing == Backing.SHORTER ? size() / 2 + 777 : size() + 70_000)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** A host whose file child holds a new image, read-write, discards carried out. */
  TestHost host(MemoryNode file, byte[] below) {
    Map<String, Object> options = new HashMap<>();
    options.put("size", size());
    options.put("cluster-size", 1L << clusterBits);
    options.put("version", "v" + version);
    options.put("refcount-bits", (long) refcountBits);
    if (lazy) {
      options.put("lazy-refcounts", true);
    }
    if (backing != Backing.NONE) {
      options.put("backing-file", "below.raw");
      options.put("backing-fmt", "raw");
    }
    TestHost.create().child("file", file).create(new Qcow2Driver(), options);
    TestHost host =
        TestHost.create()
            .child("file", file)
            .nodeOptions(NodeOptions.DEFAULTS.withDiscardUnmap(true));
    return backing == Backing.NONE ? host : host.child("backing", MemoryNode.of(below));
  }

  /** Saves the image and its backing file into a directory. */
  static Path save(MemoryNode file, byte[] below, Path directory) {
    if (below.length > 0) {
      QemuTools.save(MemoryNode.of(below), directory.resolve("below.raw"));
    }
    return QemuTools.save(file, directory.resolve("disk.qcow2"));
  }

  /** What the disk holds at first. */
  byte[] content(byte[] below) {
    return java.util.Arrays.copyOf(java.util.Arrays.copyOf(below, (int) size()), (int) size());
  }
}
