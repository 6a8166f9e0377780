package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.JournalHost;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file. Beside the descriptors in its {@link FileState} it holds the file's locks until it
 * is closed; the staged node of a reopen shares everything but that state.
 *
 * <p>A flush that fails is told to every flush called before the failure was known, and the data
 * that was lost is not retried: see {@link FlushRounds}.
 */
final class FileNode implements BlockNode, JournalHost {
  private final FileCore core;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile FileState state;

  /** The lock bytes of this node; control plane only. */
  private int claim;

  FileNode(FileCore core, FileState state, int claim) {
    this.core = core;
    this.state = state;
    this.claim = claim;
  }

  /** A node for the time of a reopen; its descriptors and locks belong to others. */
  static FileNode staged(FileCore core, FileState state) {
    FileNode node = new FileNode(core, state, 0);
    node.closed.set(true);
    return node;
  }

  @Override
  public NodeTraits traits() {
    return state.traits();
  }

  @Override
  public long length() {
    FileState now = state;
    // With force-share somebody else may be making the file longer at this moment.
    return now.options().forceShare() ? now.data().length() : core.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, IoFlags.PREFETCH);
    requireRange(offset, target.remaining());
    FileState now = state;
    if (now.direct() == null) {
      now.data().read(offset, target);
    } else {
      now.direct().read(offset, target);
    }
    if (target.hasRemaining()) {
      Zeroes.fill(target);
    }
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    IoFlags.requireKnown(flags, IoFlags.FUA | IoFlags.UNCHANGED);
    FileState now = writable();
    long end = requireWritable(offset, source.remaining());
    try {
      if (now.direct() == null) {
        now.data().write(offset, source);
      } else {
        now.direct().write(offset, source);
      }
    } catch (BlockException e) {
      core.learnLength(now.data());
      throw e;
    } finally {
      core.flushes.changed();
    }
    core.grewTo(end);
    makeDurable(now, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    IoFlags.requireKnown(
        flags, IoFlags.FUA | IoFlags.UNCHANGED | IoFlags.MAY_UNMAP | IoFlags.NO_FALLBACK);
    FileState now = writable();
    long end = requireWritable(offset, length);
    if (length == 0) {
      return;
    }
    try {
      Zeroes.write(core, now, offset, length, flags);
    } catch (BlockException e) {
      core.learnLength(now.data());
      throw e;
    } finally {
      core.flushes.changed();
    }
    core.grewTo(end);
    makeDurable(now, flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, IoFlags.UNCHANGED);
    FileState now = writable();
    requireRange(offset, length);
    if (!now.options().discardUnmap()) {
      return;
    }
    long count = Math.min(length, core.length() - offset);
    try {
      if (count > 0 && core.isDevice()) {
        Zeroes.punchSectors(now, offset, count);
      } else if (count > 0) {
        // Where the storage cannot, nothing is owed.
        Zeroes.punch(now, offset, count);
      }
    } finally {
      core.flushes.changed();
    }
  }

  @Override
  public void flush() {
    FileState now = state;
    CacheMode cache = now.options().cache();
    // Without write access nothing of this node's can be on its way.
    if (!cache.noFlush() && !now.options().readOnly()) {
      core.flushes.flush(now.data());
    }
  }

  private void makeDurable(FileState now, int flags) {
    CacheMode cache = now.options().cache();
    if (!cache.noFlush() && (!cache.writeback() || (flags & IoFlags.FUA) != 0)) {
      core.flushes.flush(now.data());
    }
  }

  @Override
  public BlockStatus status(long offset, long length) {
    requireRange(offset, length);
    FileHandle data = state.data();
    long end = Math.min(offset + length, length());
    if (offset >= end) {
      return BlockStatus.zero(length);
    }
    long nextData = data.nextData(offset);
    if (nextData < 0 || nextData > offset) {
      // A hole that reaches the end goes on behind it, for reads there give zeroes too.
      long zeroEnd = nextData < 0 ? offset + length : Math.min(nextData, offset + length);
      return new BlockStatus(zeroEnd - offset, true, false, true, false, offset);
    }
    long hole = data.nextHole(offset);
    return BlockStatus.data(Math.min(hole > offset ? hole : end, end) - offset, offset);
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    FileState now = writable();
    if (newLength < 0) {
      throw core.refused(ErrorCode.INVALID_REQUEST, "a length is not negative: " + newLength);
    }
    try {
      FileLength.set(core, now, newLength, preallocation);
    } finally {
      core.flushes.changed();
    }
    makeDurable(now, IoFlags.NONE);
  }

  private FileState writable() {
    FileState now = state;
    if (now.options().readOnly()) {
      throw core.readOnly();
    }
    return now;
  }

  private void requireRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
      throw core.refused(
          ErrorCode.INVALID_REQUEST, "no range: " + length + " bytes from " + offset);
    }
  }

  private long requireWritable(long offset, long length) {
    requireRange(offset, length);
    long end = offset + length;
    if (core.isDevice() && end > core.length()) {
      throw core.refused(
          ErrorCode.INVALID_REQUEST,
          "bytes up to " + end + " lie behind the end of the device, " + core.length());
    }
    return end;
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return FileReopen.prepare(core, this, context);
  }

  FileState state() {
    return state;
  }

  /** Takes over a prepared state and its claim; releases what it replaces. */
  void become(FileState next, int nextClaim) {
    FileState old = state;
    state = next;
    core.locks.release(claim);
    claim = nextClaim;
    if (old.data() != next.data()) {
      old.close();
    }
  }

  @Override
  public long changedNanos() {
    return core.kind == OpenFile.Kind.REGULAR ? core.anchor.stat().changedNanos() : -1;
  }

  @Override
  public JournalPlace journalPlace() {
    String identity = core.anchor.identity();
    if (core.kind != OpenFile.Kind.REGULAR) {
      return JournalPlace.none(identity, "'" + core.name + "' is no regular file");
    }
    return core.anchor
        .location()
        .map(path -> JournalPlace.beside(path, identity))
        .orElseGet(
            () -> JournalPlace.none(identity, "nobody can tell where '" + core.name + "' lies"));
  }

  @Override
  public Map<String, Object> details() {
    return Map.of(
        "filename",
        core.name,
        "host_device",
        core.isDevice(),
        "alignment",
        traits().preferredAlignment());
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      flush();
    } finally {
      state.close();
      core.locks.forget();
      core.anchor.close();
    }
  }
}
