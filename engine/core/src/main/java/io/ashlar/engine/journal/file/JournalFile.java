package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The open file and its end. Whoever leads the commit queue writes, one at a time; anybody may read
 * what is before {@link #tail}. The file stays open until the last reader has left.
 */
final class JournalFile {
  private static final int PIECE = 64 << 10;

  /** Bytes of records in one frame of a compaction; a larger record goes alone. */
  private static final int KEPT_FRAME = 256 << 10;

  private final Path path;
  private final OpenFile file;
  private final FileHandle handle;
  private final JournalIdentity identity;
  private final JournalRules rules;
  private final JournalSettings settings;
  private final FrameBuilder builder;
  private final AtomicInteger users = new AtomicInteger(1);

  private volatile long tail;
  private volatile long space;
  private volatile long lastLsn;
  private volatile long epoch;
  private long nextFrame;
  private int checksum;
  private long lastFrame;
  private long unpublished;
  private long firstKept;

  /** On a full disk not every append tries anew. */
  private long growthRetry;

  private volatile long failedGrowths;

  JournalFile(
      Path path,
      OpenFile file,
      FileHandle handle,
      JournalIdentity identity,
      LogEnd end,
      JournalRules rules,
      JournalSettings settings) {
    this.path = path;
    this.file = file;
    this.handle = handle;
    this.identity = identity;
    this.rules = rules;
    this.settings = settings;
    this.builder = new FrameBuilder(identity);
    this.tail = end.position();
    this.space = end.space();
    this.lastLsn = end.lastLsn();
    this.epoch = end.epoch();
    this.nextFrame = end.nextFrame();
    this.checksum = end.checksum();
    this.lastFrame = end.lastFrame();
  }

  /** Opens and locks a file that is there, and gives it up again when the work on it fails. */
  static OpenFile lock(FileIo files, Path path) {
    OpenFile file = files.open(path, FileIo.Access.READ_WRITE);
    try {
      requireLock(file, path);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
    return file;
  }

  static void requireLock(OpenFile file, Path path) {
    if (!file.setLock(0, 1, OpenFile.LockType.WRITE)) {
      throw new BlockException(
          ErrorCode.FILE_LOCKED,
          "journal '" + path + "' is in use by another engine; close the image there first");
    }
  }

  /** Writes zeros, so that later writes there change no metadata of the file system. */
  static void writeZeros(FileHandle handle, long from, long to) {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(PIECE, Math.max(to - from, 1)));
    for (long at = from; at < to; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), to - at));
      at += zeros.remaining();
      handle.write(at - zeros.remaining(), zeros);
    }
  }

  /**
   * After a crash: puts on disk again what may be in memory only, and clears the remains of an
   * unfinished write, so that they can never pass for something.
   */
  void repair(LogEnd end) {
    if (end.marked() && end.leftoverEnd() == 0) {
      return;
    }
    if (!end.marked() && end.lastFrame() > 0) {
      // A flush of it may have failed, and reading it back then proves nothing.
      ReadWindow window = new ReadWindow(path, handle);
      for (long at = end.lastFrame(); at < end.position(); ) {
        ByteBuffer piece = window.at(at, (int) Math.min(window.size(), end.position() - at));
        at += piece.remaining();
        handle.write(at - piece.remaining(), piece);
      }
    }
    writeZeros(handle, end.position(), Math.max(end.position(), end.leftoverEnd()));
    rules.settle(handle);
  }

  /**
   * Sees to it that a frame with this body fits.
   *
   * @throws RefusedException NO_SPACE when it does not; nothing of the journal has changed then
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // only the leader of the queue writes them
  void reserve(int body) {
    long needed = tail + Layout.frameLength(body) + Layout.SECTOR;
    long wanted = needed + settings.reserve();
    if (wanted <= space || needed <= space && tail < growthRetry) {
      return;
    }
    long growth = (wanted - space + settings.growth() - 1) / settings.growth() * settings.growth();
    BlockException full = null;
    try {
      writeZeros(handle, space, space + growth);
    } catch (BlockException e) {
      if (e.code() != ErrorCode.NO_SPACE) {
        throw e;
      }
      full = e;
    }
    if (full == null) {
      rules.settle(handle);
      space += growth;
      return;
    }
    failedGrowths++;
    growthRetry = tail + settings.reserve() / 16;
    if (needed > space) {
      throw new RefusedException(
          ErrorCode.NO_SPACE,
          "journal '" + path + "' cannot grow: no space left; free some and try again",
          full);
    }
  }

  /** A new epoch: its first record says so. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // nobody else has the file yet
  void beginEpoch(long millis) {
    ByteBuffer time = ByteBuffer.allocate(Long.BYTES).putLong(millis).flip();
    epoch++;
    builder.clear();
    builder.add(lastLsn + 1, epoch, RecordTypes.OPENED, time);
    reserve(builder.body());
    write(FrameHeader.COMMIT, lastLsn + 1);
    rules.settle(handle);
    written(lastLsn + 1);
  }

  /**
   * Writes records in one frame and makes it durable. After a failure the outcome is unknown.
   *
   * @return the number of the last record
   */
  long commit(List<NewRecord> records) {
    builder.clear();
    long lsn = lastLsn;
    for (NewRecord added : records) {
      builder.add(++lsn, epoch, added.type(), added.payload());
    }
    write(FrameHeader.COMMIT, lastLsn + 1);
    rules.settle(handle);
    written(lsn);
    return lsn;
  }

  /** Takes over a record of the file that this one is to replace; nothing is durable yet. */
  void keep(JournalRecord kept) {
    int size = Layout.RECORD_HEADER + kept.payload().remaining();
    if (!builder.isEmpty() && builder.body() + size > KEPT_FRAME) {
      finishKept();
    }
    if (builder.isEmpty()) {
      firstKept = kept.lsn();
    }
    builder.add(kept.lsn(), kept.epoch(), kept.type(), kept.payload());
  }

  /** Ends what {@link #keep} began. */
  void endKept() {
    if (!builder.isEmpty()) {
      finishKept();
    }
    mark();
  }

  private void finishKept() {
    reserve(builder.body());
    write(FrameHeader.KEPT, firstKept);
    builder.clear();
  }

  private void write(int kind, long first) {
    FrameBuilder.Frame frame = builder.finish(kind, checksum, epoch, nextFrame, first, space);
    long length = frame.bytes().remaining();
    handle.write(tail, frame.bytes());
    checksum = frame.checksum();
    lastFrame = tail;
    nextFrame++;
    unpublished = tail + length;
    if (kind == FrameHeader.KEPT) {
      tail = unpublished;
    }
  }

  /** The last frame is durable: says so behind it, and shows it to readers. */
  private void written(long last) {
    lastLsn = last;
    tail = unpublished;
    mark();
  }

  /** Says behind the last frame that it was made durable; the next frame takes the place. */
  private void mark() {
    builder.clear();
    rules.mark(
        handle,
        tail,
        builder.finish(FrameHeader.MARK, checksum, epoch, nextFrame, lastLsn + 1, space).bytes());
  }

  /**
   * Shows the records up to the present end, while others append.
   *
   * @return false when the file was closed before the reading began
   */
  boolean read(RecordVisitor visitor) {
    if (!enter()) {
      return false;
    }
    try {
      new LogScanner(path, handle, rules).scanTo(tail, visitor);
      return true;
    } finally {
      leave();
    }
  }

  private boolean enter() {
    int seen = users.get();
    while (seen > 0) {
      int found = users.compareAndExchange(seen, seen + 1);
      if (found == seen) {
        return true;
      }
      seen = found;
    }
    return false;
  }

  private void leave() {
    if (users.decrementAndGet() == 0) {
      handle.close();
      file.close();
    }
  }

  /**
   * How the file is now, for {@link RestingFile}. The leader of the queue asks, or nobody leads.
   */
  RestingFile atRest() {
    LogEnd end = new LogEnd(tail, checksum, nextFrame, lastLsn, epoch, space, true, lastFrame, 0);
    return new RestingFile(path, identity, file.stat(), end);
  }

  long changedNanos() {
    return file.stat().changedNanos();
  }

  /** Makes the last mark durable; nothing depends on it. */
  void flush() {
    rules.settle(handle);
  }

  /** Gives the file up; it is closed when the last reader has left. Once. */
  void close() {
    leave();
  }

  long tail() {
    return tail;
  }

  long space() {
    return space;
  }

  long lastLsn() {
    return lastLsn;
  }

  long epoch() {
    return epoch;
  }

  long nextFrame() {
    return nextFrame;
  }

  long failedGrowths() {
    return failedGrowths;
  }
}
