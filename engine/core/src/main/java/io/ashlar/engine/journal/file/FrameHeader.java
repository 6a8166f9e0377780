package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;

/**
 * The head of a frame. A frame is what one write brings to the file: the records of all callers who
 * share a flush.
 *
 * @param kind COMMIT, KEPT or MARK
 * @param count records
 * @param body bytes of the records
 * @param previous checksum of the frame before, or of the file's header
 * @param bodyChecksum of the body and the zeros behind it
 * @param epoch of the writer
 * @param number one more than that of the frame before; a mark has the number of the frame that
 *     will take its place
 * @param firstLsn number of the first record; of the next one, in a mark
 * @param space bytes of the file that were durably there when the frame was written
 */
record FrameHeader(
    int kind,
    int count,
    int body,
    int previous,
    int bodyChecksum,
    long epoch,
    long number,
    long firstLsn,
    long space) {
  /** Records that were appended together. */
  static final int COMMIT = 1;

  /** Records that a compaction kept. */
  static final int KEPT = 2;

  /** All before it was made durable; the next frame takes its place. */
  static final int MARK = 3;

  private static final int MAGIC = 0x414a4652; // "AJFR"
  private static final int CHECKSUM_AT = 60;

  /**
   * Writes it at the beginning of the buffer.
   *
   * @return its checksum, which the next frame continues from
   */
  int encode(ByteBuffer target, JournalIdentity identity) {
    target
        .clear()
        .putInt(MAGIC)
        .putShort((short) kind)
        .putShort((short) 0)
        .putInt(count)
        .putInt(body)
        .putInt(previous)
        .putInt(bodyChecksum)
        .putLong(epoch)
        .putLong(number)
        .putLong(firstLsn)
        .putLong(space)
        .putInt(0);
    int checksum = Layout.checksum(identity, target.slice(0, CHECKSUM_AT));
    target.putInt(checksum);
    return checksum;
  }

  /** Whether the sector begins as a frame does and its checksum holds. */
  static boolean isAt(ByteBuffer sector, JournalIdentity identity, JournalRules rules) {
    return sector.getInt(sector.position()) == MAGIC
        && rules.checksumHolds(
            checksum(sector),
            Layout.checksum(identity, sector.slice(sector.position(), CHECKSUM_AT)));
  }

  /** The stored checksum of the frame that begins there. */
  static int checksum(ByteBuffer sector) {
    return sector.getInt(sector.position() + CHECKSUM_AT);
  }

  static FrameHeader decode(ByteBuffer sector) {
    ByteBuffer source = sector.duplicate();
    source.getInt();
    int kind = source.getShort();
    source.getShort();
    return new FrameHeader(
        kind,
        source.getInt(),
        source.getInt(),
        source.getInt(),
        source.getInt(),
        source.getLong(),
        source.getLong(),
        source.getLong(),
        source.getLong());
  }
}
