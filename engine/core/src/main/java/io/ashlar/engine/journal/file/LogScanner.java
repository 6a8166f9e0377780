package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads a journal from its beginning and believes nothing that is not proved: every frame must hold
 * its checksums and follow the one before it. The first place where no good frame stands is the end
 * if nothing good follows it, which is what an unfinished write looks like; otherwise something was
 * lost.
 */
final class LogScanner {
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

  private final Path path;
  private final FileHandle handle;
  private final JournalRules rules;
  private final ReadWindow window;
  private final FileHeader header;
  private long length;

  private long position = Layout.HEADER;
  private int checksum;
  private long nextFrame;
  private long lastLsn;
  private long epoch;
  private long space;
  private long lastFrame;
  private boolean marked;
  private boolean commits;

  /**
   * Reads the header.
   *
   * @throws JournalDamagedException when it cannot be trusted
   */
  LogScanner(Path path, FileHandle handle, JournalRules rules) {
    this(path, handle, rules, new ReadWindow(path, handle));
  }

  /** The same through a window of its user's choice. */
  LogScanner(Path path, FileHandle handle, JournalRules rules, ReadWindow window) {
    this.path = path;
    this.handle = handle;
    this.rules = rules;
    this.window = window;
    this.header = FileHeader.decode(path, window.upTo(0, Layout.HEADER), rules);
    this.checksum = header.checksum();
    this.nextFrame = header.firstFrame();
    this.epoch = header.epoch();
    this.space = header.space();
  }

  FileHeader header() {
    return header;
  }

  long position() {
    return position;
  }

  /** Shows the records up to a position that is known to be a good end. */
  void scanTo(long end, RecordVisitor visitor) {
    length = handle.length();
    window.forget();
    while (position < end) {
      if (!step(visitor) || marked) {
        throw damaged(Damage.GAP, position, "what was there when it was opened is gone");
      }
    }
  }

  /**
   * Shows the records from the present position on, and finds the end. May be called again when the
   * file has grown or changed.
   *
   * @throws JournalDamagedException when the file cannot be trusted; what was shown before is then
   *     not to be trusted either
   */
  LogEnd scan(RecordVisitor visitor) {
    length = handle.length();
    window.forget();
    marked = false;
    requireSpace(position);
    boolean more = true;
    while (more) {
      more = step(visitor) && !marked;
    }
    if (lastLsn < header.baseLsn()) {
      // A compaction that kept little, or nothing, of what came before it.
      lastLsn = header.baseLsn();
    }
    long leftover = leftoverEnd();
    return new LogEnd(
        position, checksum, nextFrame, lastLsn, epoch, space, marked, lastFrame, leftover);
  }

  /** Whether there was a good frame at the position, which is then behind it. */
  private boolean step(RecordVisitor visitor) {
    if (position + Layout.SECTOR > length) {
      return false;
    }
    ByteBuffer sector = window.at(position, Layout.SECTOR);
    if (!FrameHeader.isAt(sector, header.identity(), rules)) {
      return false;
    }
    int own = FrameHeader.checksum(sector);
    FrameHeader frame = FrameHeader.decode(sector);
    long frameLength = check(frame);
    if (frame.kind() == FrameHeader.MARK) {
      marked = true;
      return true;
    }
    if (!rules.checksumHolds(frame.bodyChecksum(), bodyChecksum(frameLength))) {
      return false;
    }
    showRecords(frame, visitor);
    lastFrame = position;
    position += frameLength;
    checksum = own;
    nextFrame = frame.number() + 1;
    epoch = frame.epoch();
    return true;
  }

  /** Whether a frame whose own checksum holds may stand here; the bytes it takes. */
  private long check(FrameHeader frame) {
    int kind = frame.kind();
    if (!rules.chainHolds(frame.previous(), checksum)) {
      throw damaged(Damage.CHAIN, position, "a frame does not follow the one before it");
    }
    if (!rules.numberHolds(frame.number(), nextFrame)) {
      throw damaged(
          Damage.CHAIN,
          position,
          "frame %d stands where %d is due".formatted(frame.number(), nextFrame));
    }
    if (frame.epoch() < epoch) {
      throw damaged(Damage.EPOCH, position, "epoch %d follows %d".formatted(frame.epoch(), epoch));
    }
    boolean mark = kind == FrameHeader.MARK;
    if (kind < FrameHeader.COMMIT || kind > FrameHeader.MARK || mark != (frame.count() == 0)) {
      throw damaged(Damage.CONTENT, position, "a frame of an unknown kind");
    }
    if (kind == FrameHeader.KEPT && commits) {
      throw damaged(Damage.CONTENT, position, "records of a compaction follow others");
    }
    long frameLength = Layout.frameLength(Math.max(frame.body(), 0));
    if (frame.body() < 0
        || frame.body() > Layout.LONGEST_BODY
        || mark && frame.body() != 0
        || frame.count() < 0
        || (long) frame.count() * Layout.RECORD_HEADER > frame.body()) {
      throw damaged(
          Damage.LENGTH,
          position,
          "a frame of %d records claims %d bytes".formatted(frame.count(), frame.body()));
    }
    space = Math.max(space, frame.space());
    requireSpace(position + frameLength);
    return frameLength;
  }

  /**
   * Whether the log still ends with that frame, whole, and the mark behind it. Looks at nothing
   * else: whoever appends, truncates or writes the file anew changes one of the two.
   */
  boolean endsWith(LogEnd end) {
    length = handle.length();
    window.forget();
    if (length < end.position() + Layout.SECTOR) {
      return false;
    }
    ByteBuffer last = window.at(end.lastFrame(), Layout.SECTOR);
    if (!FrameHeader.isAt(last, header.identity(), rules)
        || FrameHeader.checksum(last) != end.checksum()) {
      return false;
    }
    FrameHeader frame = FrameHeader.decode(last);
    long frameLength = end.position() - end.lastFrame();
    position = end.lastFrame();
    if (frame.number() + 1 != end.nextFrame()
        || Layout.frameLength(frame.body()) != frameLength
        || frame.bodyChecksum() != bodyChecksum(frameLength)) {
      return false;
    }
    ByteBuffer behind = window.at(end.position(), Layout.SECTOR);
    if (!FrameHeader.isAt(behind, header.identity(), rules)) {
      return false;
    }
    FrameHeader mark = FrameHeader.decode(behind);
    return mark.kind() == FrameHeader.MARK
        && mark.previous() == end.checksum()
        && mark.number() == end.nextFrame();
  }

  private void requireSpace(long end) {
    if (length < space || length < end) {
      throw damaged(
          Damage.CUT,
          length,
          "the file has %d bytes and once had %d".formatted(length, Math.max(space, end)));
    }
  }

  private int bodyChecksum(long frameLength) {
    CRC32C sum = Layout.checksum(header.identity());
    long end = position + frameLength;
    for (long at = position + Layout.FRAME_HEADER; at < end; ) {
      int piece = (int) Math.min(window.size(), end - at);
      sum.update(window.at(at, piece));
      at += piece;
    }
    return (int) sum.getValue();
  }

  private void showRecords(FrameHeader frame, RecordVisitor visitor) {
    if (frame.kind() == FrameHeader.COMMIT && !commits) {
      commits = true;
      lastLsn = Math.max(lastLsn, header.baseLsn());
    }
    long at = position + Layout.FRAME_HEADER;
    long end = at + frame.body();
    for (int i = 0; i < frame.count(); i++) {
      if (end - at < Layout.RECORD_HEADER) {
        throw damaged(Damage.LENGTH, at, "a record begins behind the end of its frame");
      }
      ByteBuffer head = window.at(at, Layout.RECORD_HEADER);
      int size = head.getInt();
      int type = Short.toUnsignedInt(head.getShort());
      head.getShort();
      long lsn = head.getLong();
      long written = head.getLong();
      if (size < 0 || size > end - at - Layout.RECORD_HEADER) {
        throw damaged(Damage.LENGTH, at, "a record claims %d bytes".formatted(size));
      }
      checkRecord(frame, i, at, type, lsn, written);
      ByteBuffer payload = window.copy(at + Layout.RECORD_HEADER, size);
      visitor.visit(new JournalRecord(lsn, written, type, payload));
      lastLsn = lsn;
      at += Layout.RECORD_HEADER + size;
    }
    if (at != end) {
      throw damaged(Damage.LENGTH, at, "a frame holds more than its records");
    }
  }

  private void checkRecord(
      FrameHeader frame, int index, long at, int type, long lsn, long written) {
    boolean first = index == 0;
    boolean due =
        frame.kind() == FrameHeader.COMMIT
            ? rules.numberHolds(lsn, lastLsn + 1)
            : lsn > lastLsn && lsn <= header.baseLsn();
    if (!due || first && lsn != frame.firstLsn()) {
      throw damaged(Damage.LSN, at, "record %d stands behind %d".formatted(lsn, lastLsn));
    }
    boolean opening = frame.kind() == FrameHeader.COMMIT && frame.epoch() > epoch;
    if (first && opening && type != RecordTypes.OPENED) {
      throw damaged(
          Damage.EPOCH, at, "epoch %d begins without being opened".formatted(frame.epoch()));
    }
    if (frame.kind() == FrameHeader.COMMIT ? written != frame.epoch() : written > frame.epoch()) {
      throw damaged(
          Damage.EPOCH,
          at,
          "a record of epoch %d in a frame of %d".formatted(written, frame.epoch()));
    }
  }

  /** Refuses a good frame behind the end; finds how far other remains go. */
  private long leftoverEnd() {
    long at = marked ? position + Layout.SECTOR : position;
    long end = 0;
    while ((at = nextRemains(at)) >= 0) {
      ByteBuffer sector = window.at(at, Layout.SECTOR);
      boolean good = at > position && FrameHeader.isAt(sector, header.identity(), rules);
      if (!rules.mayEnd(good)) {
        throw damaged(
            Damage.GAP, position, "nothing readable stands here, and a good frame at " + at);
      }
      at += Layout.SECTOR;
      end = at;
    }
    return end;
  }

  /** The first whole sector at or after this one that does not hold zeros alone, or -1. */
  private long nextRemains(long from) {
    long at = from;
    while (at + Layout.SECTOR <= length) {
      int most = Math.min(ZEROS.capacity(), window.size());
      int count = (int) Math.min(most, length - at) & -Layout.SECTOR;
      // Compared as a whole: nearly all of a journal's space is zeros.
      int differs = window.at(at, count).mismatch(ZEROS.duplicate().limit(count));
      if (differs >= 0) {
        return at + (differs & -Layout.SECTOR);
      }
      at += count;
    }
    return -1;
  }

  private JournalDamagedException damaged(Damage damage, long at, String what) {
    return new JournalDamagedException(path, damage, at, what);
  }
}
