package io.ashlar.engine.crash;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Operation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * A disk with a page cache, for one thread at a time. It remembers every change, when its caller
 * heard of its end, and which flush covered it; {@link Crash} makes of that what may be left.
 */
final class Disk implements FileIo {
  /** Files below it are not kept for crashes. */
  static final Path SCRATCH = Path.of("/scratch");

  /** What may go wrong with an operation, or happen while it is under way. */
  interface Hook {
    /** Nothing. */
    Hook NONE = (operation, path) -> {};

    /** Called in the middle of an operation; throws to let it fail. */
    void during(Operation operation, Path path);
  }

  private final TreeMap<Path, Inode> names = new TreeMap<>();
  private final Timeline timeline;
  private final LongSupplier clock;
  private Hook hook = Hook.NONE;
  private int inodes;

  /** An empty disk. */
  Disk(Timeline timeline, LongSupplier clock) {
    this.timeline = timeline;
    this.clock = clock;
  }

  void hook(Hook value) {
    hook = value;
  }

  /** Adds a file as it is; for states. */
  Inode put(Path path, int number, Pages content, long changedNanos) {
    Inode inode = new Inode(number, content, changedNanos, true);
    names.put(path, inode);
    inodes = Math.max(inodes, number);
    return inode;
  }

  Map<Path, Inode> names() {
    return names;
  }

  Timeline timeline() {
    return timeline;
  }

  /** The bytes of a file, or {@code null}. */
  Pages content(Path path) {
    Inode inode = names.get(path);
    return inode == null ? null : inode.now;
  }

  /** A number that stands for all names and bytes. */
  long hash() {
    long sum = 0;
    for (Map.Entry<Path, Inode> entry : names.entrySet()) {
      if (entry.getValue().recorded) {
        sum += Pages.mix(entry.getKey().hashCode() + entry.getValue().now.hash());
      }
    }
    return sum;
  }

  private Inode find(Path path) {
    Inode inode = names.get(path);
    if (inode == null) {
      throw new BlockException(ErrorCode.FILE_NOT_FOUND, "there is no file '" + path + "'");
    }
    return inode;
  }

  private void renamed(Path removed, Path added, Inode target, boolean recorded) {
    if (!recorded) {
      return;
    }
    Change.Name change = new Change.Name(timeline.tick(), removed, added, target);
    timeline.add(change);
    timeline.moment("name " + (added == null ? "-" + removed : added));
    change.completed = timeline.tick();
  }

  @Override
  public OpenFile open(Path path, Access access) {
    return new Opened(path, find(path));
  }

  @Override
  public OpenFile create(Path path) {
    if (names.containsKey(path)) {
      throw new BlockException(ErrorCode.FILE_EXISTS, "file '" + path + "' exists already");
    }
    hook.during(Operation.WRITE, path);
    boolean recorded = !path.startsWith(SCRATCH);
    Inode inode = new Inode(++inodes, new Pages(), clock.getAsLong(), recorded);
    names.put(path, inode);
    renamed(null, path, inode, recorded);
    return new Opened(path, inode);
  }

  @Override
  public OpenFile createPrivate(Path path) {
    return create(path);
  }

  @Override
  public boolean delete(Path path) {
    Inode inode = names.remove(path);
    if (inode != null) {
      renamed(path, null, inode, inode.recorded);
    }
    return inode != null;
  }

  @Override
  public void rename(Path from, Path to) {
    Inode inode = find(from);
    hook.during(Operation.WRITE, to);
    names.remove(from);
    names.put(to, inode);
    renamed(from, to, inode, inode.recorded);
  }

  @Override
  public void syncDirectory(Path directory) {
    long issued = timeline.tick();
    hook.during(Operation.FLUSH, directory);
    long done = timeline.moment("sync of " + directory);
    for (Change change : timeline.changes()) {
      if (change instanceof Change.Name name
          && change.completed < issued
          && change.certain == Change.NEVER
          && directory.equals((name.added == null ? name.removed : name.added).getParent())) {
        change.certain = done;
      }
    }
  }

  @Override
  public boolean exists(Path path) {
    return names.containsKey(path);
  }

  private final class Opened implements OpenFile {
    private final Path path;
    private final Inode inode;

    Opened(Path path, Inode inode) {
      this.path = path;
      this.inode = inode;
    }

    @Override
    public Stat stat() {
      return new Stat(
          1,
          inode.number,
          Kind.REGULAR,
          inode.now.length(),
          inode.now.length(),
          inode.changedNanos,
          inode.changedNanos);
    }

    @Override
    public Optional<Path> location() {
      return names.entrySet().stream()
          .filter(entry -> entry.getValue() == inode)
          .map(Map.Entry::getKey)
          .findFirst();
    }

    @Override
    public FileHandle data(Access access, boolean direct) {
      return new Handle(path, inode, access == Access.READ_WRITE);
    }

    @Override
    public boolean setLock(long start, long length, LockType type) {
      return inode.lock(this, start, length, type);
    }

    @Override
    public boolean couldLock(long start, long length, LockType type) {
      return inode.free(this, start, length, type);
    }

    @Override
    public void close() {
      inode.unlock(this);
    }
  }

  private final class Handle implements FileHandle {
    private final Path path;
    private final Inode inode;
    private final boolean writable;
    private boolean closed;

    Handle(Path path, Inode inode, boolean writable) {
      this.path = path;
      this.inode = inode;
      this.writable = writable;
    }

    private void requireOpen(boolean toWrite) {
      if (closed) {
        throw new BlockException(ErrorCode.CLOSED, "the descriptor was closed");
      }
      if (toWrite && !writable) {
        throw new BlockException(ErrorCode.IO_ERROR, "the descriptor is read-only");
      }
    }

    @Override
    public int alignment() {
      return 1;
    }

    @Override
    public int read(long offset, ByteBuffer target) {
      requireOpen(false);
      int count = (int) Math.max(0, Math.min(target.remaining(), inode.now.length() - offset));
      if (count > 0) {
        ByteBuffer part = target.duplicate().limit(target.position() + count);
        inode.now.read(offset, part);
        target.position(part.position());
      }
      return count;
    }

    @Override
    public void write(long offset, ByteBuffer source) {
      requireOpen(true);
      int count = source.remaining();
      if (count == 0) {
        return;
      }
      hook.during(Operation.WRITE, path);
      byte[] bytes = new byte[count];
      source.get(bytes);
      inode.now.write(offset, bytes, 0, count);
      changed("write", offset, count, false);
    }

    /** Asked now; over when whoever may run meanwhile has run. */
    private void changed(String what, long offset, long count, boolean hole) {
      long before = inode.now.length();
      if (!hole) {
        inode.now.growTo(offset + count);
      }
      inode.changedNanos = clock.getAsLong();
      if (!inode.recorded) {
        return;
      }
      long issued = timeline.tick();
      int first = (int) (offset / Pages.SECTOR);
      int end = (int) ((offset + count + Pages.SECTOR - 1) / Pages.SECTOR);
      List<Change> made = new ArrayList<>(2);
      if (hole) {
        made.add(new Change.Hole(inode, issued, first, end - first));
      } else {
        byte[][] after = new byte[end - first][];
        for (int i = first; i < end; i++) {
          after[i - first] = inode.now.bytes((long) i * Pages.SECTOR, Pages.SECTOR);
        }
        made.add(new Change.Data(inode, issued, first, after, offset + count));
        if (inode.now.length() > before) {
          made.add(new Change.Length(inode, issued, before, inode.now.length()));
        }
      }
      finish(made, what + " " + path + " " + offset + "+" + count);
    }

    private void finish(List<Change> made, String what) {
      made.forEach(timeline::add);
      timeline.moment(what);
      hook.during(Operation.READ, path);
      long done = timeline.tick();
      made.forEach(change -> change.completed = done);
    }

    @Override
    public void flush() {
      requireOpen(false);
      if (!inode.recorded) {
        return;
      }
      long issued = timeline.tick();
      try {
        hook.during(Operation.FLUSH, path);
      } catch (BlockException e) {
        // What it would have covered may be gone although it can be read; no later flush helps.
        for (Change change : timeline.changes()) {
          if (change.inode == inode && change.completed < issued) {
            change.completed = Change.NEVER;
          }
        }
        throw e;
      }
      long done = timeline.moment("flush " + path);
      for (Change change : timeline.changes()) {
        if (change.inode == inode && change.completed < issued && change.certain == Change.NEVER) {
          change.certain = done;
        }
      }
    }

    @Override
    public long length() {
      requireOpen(false);
      return inode.now.length();
    }

    @Override
    public void setLength(long length) {
      requireOpen(true);
      hook.during(Operation.TRUNCATE, path);
      long before = inode.now.length();
      inode.now.setLength(length);
      inode.changedNanos = clock.getAsLong();
      if (inode.recorded && length != before) {
        List<Change> made = new ArrayList<>(1);
        made.add(new Change.Length(inode, timeline.tick(), before, length));
        finish(made, "length " + path + " " + length);
      }
    }

    @Override
    public boolean punchHole(long offset, long length) {
      requireOpen(true);
      hook.during(Operation.DISCARD, path);
      long end = Math.min(offset + length, inode.now.length());
      if (end > offset) {
        inode.now.zero(offset, end - offset);
        changed("hole", offset, end - offset, offset % 512 == 0 && end % 512 == 0);
      }
      return true;
    }

    @Override
    public boolean zeroRange(long offset, long length) {
      requireOpen(true);
      hook.during(Operation.WRITE_ZEROES, path);
      inode.now.zero(offset, length);
      changed("zeros", offset, length, false);
      return true;
    }

    @Override
    public boolean allocate(long offset, long length) {
      requireOpen(true);
      hook.during(Operation.WRITE_ZEROES, path);
      long before = inode.now.length();
      if (offset + length > before) {
        changed("space", before, offset + length - before, false);
      }
      return true;
    }

    @Override
    public long nextData(long offset) {
      requireOpen(false);
      return inode.now.nextData(offset);
    }

    @Override
    public long nextHole(long offset) {
      requireOpen(false);
      return inode.now.nextHole(offset);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
