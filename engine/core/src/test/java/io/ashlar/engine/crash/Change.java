package io.ashlar.engine.crash;

import java.nio.file.Path;

/**
 * Something that was asked of the disk and that a crash may keep or lose: the smallest thing that
 * is lost as one, but for data, which tears between sectors.
 */
abstract class Change {
  static final long NEVER = Long.MAX_VALUE;

  /** The file; {@code null} for a name. */
  final Inode inode;

  /** When it was asked. */
  final long issued;

  /** When the caller heard of its end. */
  long completed = NEVER;

  /** When the flush that covers it ended. */
  long certain = NEVER;

  Change(Inode inode, long issued) {
    this.inode = inode;
    this.issued = issued;
  }

  /** How many sectors it may tear between. */
  int sectors() {
    return 1;
  }

  /** The number of the first of them in its file. */
  long firstSector() {
    return 0;
  }

  /** Sectors as they were after it: everything asked before is in them, as in a page cache. */
  static final class Data extends Change {
    final long first;
    final byte[][] after;

    /** Where the bytes that were written end; a flush that covers them makes the file that long. */
    final long end;

    Data(Inode inode, long issued, long first, byte[][] after, long end) {
      super(inode, issued);
      this.first = first;
      this.end = end;
      this.after = after;
    }

    @Override
    int sectors() {
      return after.length;
    }

    @Override
    long firstSector() {
      return first;
    }
  }

  /** A hole: each sector may have been left, zeroed, or filled with something else. */
  static final class Hole extends Change {
    final long first;
    final int count;

    Hole(Inode inode, long issued, long first, int count) {
      super(inode, issued);
      this.first = first;
      this.count = count;
    }

    @Override
    int sectors() {
      return count;
    }

    @Override
    long firstSector() {
      return first;
    }
  }

  /** Another length. */
  static final class Length extends Change {
    final long before;
    final long after;

    Length(Inode inode, long issued, long before, long after) {
      super(inode, issued);
      this.before = before;
      this.after = after;
    }
  }

  /** A create, a rename or a removal. */
  static final class Name extends Change {
    final Path removed;
    final Path added;
    final Inode target;

    Name(long issued, Path removed, Path added, Inode target) {
      super(null, issued);
      this.removed = removed;
      this.added = added;
      this.target = target;
    }
  }
}
