package io.ashlar.engine.crash;

import io.ashlar.spi.OpenFile;
import io.ashlar.spi.OpenFile.LockType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A file: what a reader sees now, when it was changed, and who holds which locks. */
final class Inode {
  private record Range(long start, long end, LockType type) {}

  final int number;
  Pages now;
  long changedNanos;

  /** Whether what happens to it is kept for crashes. */
  final boolean recorded;

  private final Map<OpenFile, List<Range>> locks = new HashMap<>();

  Inode(int number, Pages now, long changedNanos, boolean recorded) {
    this.number = number;
    this.now = now;
    this.changedNanos = changedNanos;
    this.recorded = recorded;
  }

  boolean lock(OpenFile owner, long start, long length, LockType type) {
    long end = start + length;
    if (type != LockType.NONE && !free(owner, start, length, type)) {
      return false;
    }
    List<Range> kept = new ArrayList<>();
    for (Range range : locks.getOrDefault(owner, List.of())) {
      if (range.start < start) {
        kept.add(new Range(range.start, Math.min(range.end, start), range.type));
      }
      if (range.end > end) {
        kept.add(new Range(Math.max(range.start, end), range.end, range.type));
      }
    }
    if (type != LockType.NONE) {
      kept.add(new Range(start, end, type));
    }
    locks.put(owner, kept);
    return true;
  }

  boolean free(OpenFile owner, long start, long length, LockType type) {
    long end = start + length;
    for (Map.Entry<OpenFile, List<Range>> entry : locks.entrySet()) {
      if (entry.getKey() != owner) {
        for (Range range : entry.getValue()) {
          if (range.start < end
              && start < range.end
              && (type == LockType.WRITE || range.type == LockType.WRITE)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  void unlock(OpenFile owner) {
    locks.remove(owner);
  }
}
