package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.OpenFile.LockType;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** One file of {@link MemoryFileIo}: bytes, length, times, and who locks what. */
final class MemoryInode {
  private record LockedRange(long start, long end, LockType type) {
    boolean overlaps(long otherStart, long otherEnd) {
      return start < otherEnd && otherStart < end;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<OpenFile, List<LockedRange>> locks = new HashMap<>();
  private final SparseBytes bytes = new SparseBytes();
  private final Path path;
  private final long number;
  private final Faults faults;
  private long length;
  private long changes;
  private long capacity = Long.MAX_VALUE;
  private boolean readOnly;

  MemoryInode(Path path, long number, Faults faults) {
    this.path = path;
    this.number = number;
    this.faults = faults;
  }

  void put(byte[] content) {
    change(() -> bytes.write(0, ByteBuffer.wrap(content)), content.length);
  }

  byte[] content() {
    return locked(
        () -> {
          byte[] copy = new byte[Math.toIntExact(length)];
          bytes.read(0, ByteBuffer.wrap(copy));
          return copy;
        });
  }

  void protect(boolean value) {
    readOnly = value;
  }

  void capacity(long value) {
    capacity = value;
  }

  void checkAccess(FileIo.Access access) {
    if (readOnly && access == FileIo.Access.READ_WRITE) {
      throw new BlockException(ErrorCode.ACCESS_DENIED, "file '" + path + "' is not writable");
    }
  }

  OpenFile.Stat stat() {
    return locked(
        () ->
            new OpenFile.Stat(
                1, number, OpenFile.Kind.REGULAR, length, bytes.allocated(), changes, changes));
  }

  int read(long offset, ByteBuffer target) {
    faults.apply(Operation.READ, offset, target.remaining());
    return locked(
        () -> {
          int count = (int) Math.max(0, Math.min(target.remaining(), length - offset));
          ByteBuffer part = target.duplicate().limit(target.position() + count);
          bytes.read(offset, part);
          target.position(part.position());
          return count;
        });
  }

  void write(long offset, ByteBuffer source) {
    int count = source.remaining();
    faults.apply(Operation.WRITE, offset, count);
    change(() -> bytes.write(offset, source), count == 0 ? 0 : offset + count);
  }

  void flush() {
    faults.apply(Operation.FLUSH, 0, 0);
  }

  void setLength(long newLength) {
    faults.apply(Operation.TRUNCATE, newLength, 0);
    change(
        () -> {
          if (newLength < length) {
            bytes.clear(newLength, length - newLength);
            length = newLength;
          }
        },
        newLength);
  }

  void punch(long offset, long count) {
    faults.apply(Operation.DISCARD, offset, count);
    change(() -> bytes.clear(offset, Math.max(0, Math.min(count, length - offset))), 0);
  }

  void zero(long offset, long count) {
    faults.apply(Operation.WRITE_ZEROES, offset, count);
    change(
        () -> {
          bytes.clear(offset, count);
          bytes.allocate(offset, count);
        },
        offset + count);
  }

  void allocate(long offset, long count) {
    faults.apply(Operation.WRITE_ZEROES, offset, count);
    change(() -> bytes.allocate(offset, count), offset + count);
  }

  long nextData(long offset) {
    return locked(
        () -> {
          long next = bytes.nextPresent(offset);
          return next < 0 || next >= length ? -1 : next;
        });
  }

  long nextHole(long offset) {
    return locked(() -> Math.max(offset, Math.min(length, bytes.nextAbsent(offset))));
  }

  /** Splits the owner's own ranges around this one, as fcntl(2) does, then adds it. */
  boolean setLock(OpenFile owner, long start, long count, LockType type) {
    return locked(
        () -> {
          long end = start + count;
          if (type != LockType.NONE && !free(owner, start, end, type)) {
            return false;
          }
          List<LockedRange> kept = new ArrayList<>();
          for (LockedRange range : locks.getOrDefault(owner, List.of())) {
            if (range.start < start) {
              kept.add(new LockedRange(range.start, Math.min(range.end, start), range.type));
            }
            if (range.end > end) {
              kept.add(new LockedRange(Math.max(range.start, end), range.end, range.type));
            }
          }
          if (type != LockType.NONE) {
            kept.add(new LockedRange(start, end, type));
          }
          locks.put(owner, kept);
          return true;
        });
  }

  boolean couldLock(OpenFile owner, long start, long count, LockType type) {
    return locked(() -> free(owner, start, start + count, type));
  }

  void unlockAll(OpenFile owner) {
    locked(() -> locks.remove(owner));
  }

  long length() {
    return locked(() -> length);
  }

  private boolean free(OpenFile owner, long start, long end, LockType type) {
    return locks.entrySet().stream()
        .filter(entry -> entry.getKey() != owner)
        .flatMap(entry -> entry.getValue().stream())
        .noneMatch(
            range ->
                range.overlaps(start, end)
                    && (type == LockType.WRITE || range.type == LockType.WRITE));
  }

  private void change(Runnable action, long end) {
    locked(
        () -> {
          if (end > length && end > capacity) {
            throw new BlockException(ErrorCode.NO_SPACE, "no space left for '" + path + "'");
          }
          action.run();
          length = Math.max(length, end);
          return ++changes;
        });
  }

  private <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }
}
