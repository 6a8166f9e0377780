package io.ashlar.engine.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * A disk of 512-byte sectors that knows what a crash can leave of it: of each sector the version
 * that a flush made durable, or any version written since. A flush covers the writes that were
 * complete when it began. What a failed flush covered stays doubtful until it is written and
 * flushed again, although reads return it.
 */
final class SimDisk {
  /** Bytes of a sector; one is written whole or not at all. */
  static final int SECTOR = 512;

  /** A version of a sector. */
  private static final class Version {
    final byte[] bytes;
    boolean complete;
    boolean doubtful;

    Version(byte[] bytes) {
      this.bytes = bytes;
    }
  }

  private static final byte[] ZERO = new byte[SECTOR];

  final String name;
  private final byte[][] durable;
  private final byte[][] present;
  private final List<Version>[] pending;
  private final List<Integer> touched = new ArrayList<>();
  private long writes;

  /** Zeroes. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  SimDisk(String name, int sectors) {
    this.name = name;
    durable = new byte[sectors][];
    present = new byte[sectors][];
    pending = new List[sectors];
  }

  int sectors() {
    return durable.length;
  }

  /** Writes that came so far. */
  long writes() {
    return writes;
  }

  byte[] read(int sector) {
    return present[sector] == null ? ZERO : present[sector];
  }

  /** What survives a crash for certain. */
  byte[] durable(int sector) {
    return durable[sector] == null ? ZERO : durable[sector];
  }

  /** Everything that a crash could leave in a sector, the durable version first. */
  List<byte[]> possible(int sector) {
    List<byte[]> all = new ArrayList<>();
    all.add(durable(sector));
    if (pending[sector] != null) {
      pending[sector].forEach(v -> all.add(v.bytes));
    }
    return all;
  }

  /** A write begins: from now on it may be on the disk. The result ends it. */
  Object begin(int sector, byte[] bytes) {
    writes++;
    Version version = new Version(bytes);
    if (pending[sector] == null) {
      pending[sector] = new ArrayList<>(2);
    }
    if (pending[sector].isEmpty()) {
      touched.add(sector);
    }
    pending[sector].add(version);
    present[sector] = bytes;
    return version;
  }

  void complete(Object version) {
    ((Version) version).complete = true;
  }

  /** A flush begins; the result ends it. */
  Object beginFlush() {
    List<Version> covered = new ArrayList<>();
    for (int sector : touched) {
      for (Version version : pending[sector]) {
        if (version.complete && !version.doubtful) {
          covered.add(version);
        }
      }
    }
    return covered;
  }

  /** It succeeded. */
  @SuppressWarnings("unchecked")
  void flushed(Object flush) {
    List<Version> covered = (List<Version>) flush;
    for (int i = touched.size() - 1; i >= 0; i--) {
      int sector = touched.get(i);
      List<Version> versions = pending[sector];
      for (int v = versions.size() - 1; v >= 0; v--) {
        if (covered.contains(versions.get(v))) {
          durable[sector] = versions.get(v).bytes;
          versions.subList(0, v + 1).clear();
          break;
        }
      }
      if (versions.isEmpty()) {
        touched.remove(i);
      }
    }
  }

  /** It failed: nobody knows what became of what it covered. */
  @SuppressWarnings("unchecked")
  void flushFailed(Object flush) {
    ((List<Version>) flush).forEach(version -> version.doubtful = true);
  }

  /** The disk after a crash: of each sector one of the possible versions. */
  SimDisk crashed(java.util.SplittableRandom random) {
    SimDisk after = new SimDisk(name, durable.length);
    for (int sector = 0; sector < durable.length; sector++) {
      List<byte[]> all = possible(sector);
      byte[] kept = all.get(random.nextInt(all.size()));
      after.durable[sector] = kept;
      after.present[sector] = kept;
    }
    return after;
  }
}
