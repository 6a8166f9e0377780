package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.contract.MemoryFileIo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk that loses power at a chosen operation, and then shows what may be left: what was flushed,
 * and of everything since then any version of each 512-byte sector, of each file's length, and of
 * the names. For one thread.
 */
final class CrashDisk implements FileIo {
  private static final int SECTOR = 512;

  /** The power is gone; nothing works any more. */
  static final class PowerLoss extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Which of the possible states is shown. */
  enum Luck {
    NOTHING_KEPT,
    ALL_KEPT,
    RANDOM
  }

  private static final class Inode {
    private byte[] durable = new byte[0];
    private byte[] now = new byte[0];
    private final Map<Integer, List<byte[]>> versions = new TreeMap<>();

    private byte[] sector(int index) {
      return Arrays.copyOfRange(now, index * SECTOR, (index + 1) * SECTOR);
    }

    private void changed(long from, long to) {
      for (int i = (int) (from / SECTOR); i * (long) SECTOR < to; i++) {
        versions.computeIfAbsent(i, key -> new ArrayList<>()).add(sector(i));
      }
    }
  }

  private final Map<Path, Inode> names = new HashMap<>();
  private final Map<Path, Inode> durableNames = new HashMap<>();
  private int operations;
  private int lossAt = Integer.MAX_VALUE;

  CrashDisk() {}

  /** A disk that holds this already. */
  CrashDisk(Map<Path, byte[]> content) {
    content.forEach(
        (path, bytes) -> {
          Inode inode = new Inode();
          inode.now = bytes.clone();
          inode.durable = bytes.clone();
          names.put(path, inode);
          durableNames.put(path, inode);
        });
  }

  /** The power goes at this operation, counted from 0. */
  CrashDisk loseAt(int operation) {
    lossAt = operation;
    return this;
  }

  int operations() {
    return operations;
  }

  private void operation() {
    if (operations >= lossAt) {
      throw new PowerLoss();
    }
    operations++;
  }

  /** What is there after the loss. */
  Map<Path, byte[]> after(Luck luck, RandomGenerator random) {
    boolean newNames =
        switch (luck) {
          case NOTHING_KEPT -> false;
          case ALL_KEPT -> true;
          case RANDOM -> random.nextBoolean();
        };
    Map<Path, byte[]> left = new TreeMap<>();
    (newNames ? names : durableNames)
        .forEach((path, inode) -> left.put(path, content(inode, luck, random)));
    return left;
  }

  static MemoryFileIo files(Map<Path, byte[]> content) {
    MemoryFileIo files = new MemoryFileIo();
    content.forEach(files::put);
    return files;
  }

  private static byte[] content(Inode inode, Luck luck, RandomGenerator random) {
    boolean newLength = luck == Luck.ALL_KEPT || luck == Luck.RANDOM && random.nextBoolean();
    byte[] left = Arrays.copyOf(inode.durable, newLength ? inode.now.length : inode.durable.length);
    inode.versions.forEach(
        (index, versions) -> {
          int chosen =
              switch (luck) {
                case NOTHING_KEPT -> 0;
                case ALL_KEPT -> versions.size();
                case RANDOM -> random.nextInt(versions.size() + 1);
              };
          int room = Math.min(SECTOR, left.length - index * SECTOR);
          if (chosen > 0 && room > 0) {
            System.arraycopy(versions.get(chosen - 1), 0, left, index * SECTOR, room);
          }
        });
    return left;
  }

  private Inode find(Path path) {
    Inode inode = names.get(path);
    if (inode == null) {
      throw new BlockException(ErrorCode.FILE_NOT_FOUND, "no file '" + path + "'");
    }
    return inode;
  }

  @Override
  public OpenFile open(Path path, Access access) {
    operation();
    return new Opened(find(path));
  }

  @Override
  public OpenFile create(Path path) {
    operation();
    Inode inode = new Inode();
    names.put(path, inode);
    return new Opened(inode);
  }

  @Override
  public OpenFile createPrivate(Path path) {
    return create(path);
  }

  @Override
  public boolean delete(Path path) {
    operation();
    return names.remove(path) != null;
  }

  @Override
  public void rename(Path from, Path to) {
    operation();
    names.put(to, find(from));
    names.remove(from);
  }

  @Override
  public void syncDirectory(Path directory) {
    operation();
    durableNames.clear();
    durableNames.putAll(names);
  }

  @Override
  public boolean exists(Path path) {
    return names.containsKey(path);
  }

  private final class Opened implements OpenFile {
    private final Inode inode;

    Opened(Inode inode) {
      this.inode = inode;
    }

    @Override
    public Stat stat() {
      return new Stat(1, 1, Kind.REGULAR, inode.now.length, inode.now.length, 0, 0);
    }

    @Override
    public FileHandle data(Access access, boolean direct) {
      return new Handle(inode);
    }

    @Override
    public boolean setLock(long start, long length, LockType type) {
      return true;
    }

    @Override
    public boolean couldLock(long start, long length, LockType type) {
      return true;
    }

    @Override
    public void close() {}
  }

  private final class Handle implements FileHandle {
    private final Inode inode;

    Handle(Inode inode) {
      this.inode = inode;
    }

    @Override
    public int alignment() {
      return 1;
    }

    @Override
    public int read(long offset, ByteBuffer target) {
      int count = (int) Math.max(0, Math.min(target.remaining(), inode.now.length - offset));
      if (count > 0) {
        target.put(inode.now, (int) offset, count);
      }
      return count;
    }

    @Override
    public void write(long offset, ByteBuffer source) {
      operation();
      int count = source.remaining();
      if (offset + count > inode.now.length) {
        inode.now = Arrays.copyOf(inode.now, (int) offset + count);
      }
      source.get(inode.now, (int) offset, count);
      inode.changed(offset, offset + count);
    }

    @Override
    public void flush() {
      operation();
      inode.durable = inode.now.clone();
      inode.versions.clear();
    }

    @Override
    public long length() {
      return inode.now.length;
    }

    @Override
    public void setLength(long length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean punchHole(long offset, long length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean zeroRange(long offset, long length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean allocate(long offset, long length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long nextData(long offset) {
      return offset;
    }

    @Override
    public long nextHole(long offset) {
      return inode.now.length;
    }

    @Override
    public void close() {}
  }
}
