package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.Texts;
import java.util.concurrent.atomic.AtomicLong;

/** What stays of an open file while its access and cache modes change. */
final class FileCore {
  /** Granule of the range lock in bytes: the alignment that O_DIRECT asks for nearly everywhere. */
  private static final long GRANULE = 4096;

  private static final int CHANGING =
      Permissions.mask(Permission.WRITE, Permission.WRITE_UNCHANGED, Permission.RESIZE);

  final OpenFile anchor;
  final OpenFile.Kind kind;
  final LockBytes locks;
  final FlushRounds flushes;
  final RangeLock ranges;

  /** For messages; cleaned of control characters. */
  final String name;

  private final String nodeName;
  private final AtomicLong length;

  FileCore(OpenContext context, String filename, OpenFile anchor, OpenFile.Stat stat) {
    this.anchor = anchor;
    this.kind = stat.kind();
    this.length = new AtomicLong(stat.size());
    this.name = Texts.printable(filename);
    this.nodeName = context.nodeName();
    boolean locking = !context.options().string(FileDriver.LOCKING).equals("off");
    this.locks = new LockBytes(anchor, filename, locking);
    this.flushes = new FlushRounds(context.waits());
    this.ranges = context.rangeLock(GRANULE);
  }

  boolean isDevice() {
    return kind == OpenFile.Kind.BLOCK_DEVICE;
  }

  /** Bytes, as far as this node knows without asking the kernel. */
  long length() {
    return length.get();
  }

  /** A write ended there. */
  void grewTo(long end) {
    if (end > length.get()) {
      length.accumulateAndGet(end, Math::max);
    }
  }

  /** Asks the kernel, after a failure that may have left the file longer. */
  void learnLength(FileHandle data) {
    grewTo(data.length());
  }

  void setLength(long newLength) {
    length.set(newLength);
  }

  /**
   * What the locks are to say: with force-share nothing is refused to others, and a read-only node
   * changes nothing, whatever its users may do on other nodes.
   */
  static Permissions lockedFor(Permissions permissions, NodeOptions options) {
    int used = options.readOnly() ? permissions.used() & ~CHANGING : permissions.used();
    int shared = options.forceShare() ? Permissions.ALL : permissions.shared();
    return new Permissions(used, shared);
  }

  /** Descriptors for some generic options. */
  FileState open(NodeOptions options) {
    boolean direct = options.cache().direct();
    FileIo.Access access = options.readOnly() ? FileIo.Access.READ_ONLY : FileIo.Access.READ_WRITE;
    FileHandle data = anchor.data(access, direct);
    try {
      FileHandle tail = direct && !options.readOnly() ? anchor.data(access, false) : null;
      return FileState.create(this, options, data, tail);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  BlockException readOnly() {
    return new BlockException(
        ErrorCode.READ_ONLY,
        "node '" + nodeName + "' is read-only: '" + name + "' was opened with read-only=true");
  }

  BlockException refused(ErrorCode code, String why) {
    return new BlockException(code, "node '" + nodeName + "' (file '" + name + "'): " + why);
  }
}
