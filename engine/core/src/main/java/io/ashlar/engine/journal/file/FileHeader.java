package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The first block.
 *
 * @param epoch the epoch in which the file was made
 * @param baseLsn the last record number that was given away before the file was made; records up to
 *     it may be missing
 * @param firstFrame the number of the first frame
 * @param createdMillis when the file was made, milliseconds since 1970
 * @param space bytes of the file when it was made
 * @param checksum of the block; the first frame continues from it
 */
record FileHeader(
    JournalIdentity identity,
    long epoch,
    long baseLsn,
    long firstFrame,
    long createdMillis,
    long space,
    int checksum) {
  private static final long MAGIC = 0x4153484c4a524e4cL; // "ASHLJRNL"
  private static final int CHECKSUM_AT = Layout.HEADER - 4;

  /** The block, ready to be written. */
  static ByteBuffer encode(
      JournalIdentity identity,
      long epoch,
      long baseLsn,
      long firstFrame,
      long createdMillis,
      long space) {
    ByteBuffer block = ByteBuffer.allocate(Layout.HEADER);
    block
        .putLong(MAGIC)
        .putInt(Layout.VERSION)
        .putInt(Layout.HEADER)
        .put(identity.bytes())
        .putLong(epoch)
        .putLong(baseLsn)
        .putLong(firstFrame)
        .putLong(createdMillis)
        .putLong(space);
    block.putInt(CHECKSUM_AT, checksum(block));
    return block.clear();
  }

  /** Reads the block at the beginning of the buffer. */
  static FileHeader decode(Path path, ByteBuffer block, JournalRules rules) {
    if (block.remaining() < Layout.HEADER) {
      throw new JournalDamagedException(
          path, Damage.CUT, block.remaining(), "the file is too short for any journal");
    }
    ByteBuffer source = block.slice(0, Layout.HEADER);
    if (source.getLong() != MAGIC) {
      throw new JournalDamagedException(path, Damage.HEADER, 0, "it is no journal of Ashlar");
    }
    int stored = source.getInt(CHECKSUM_AT);
    int version = source.getInt();
    if (!rules.checksumHolds(stored, checksum(source))) {
      throw new JournalDamagedException(
          path, Damage.HEADER, 0, "the checksum of its header does not hold");
    }
    if (version != Layout.VERSION || source.getInt() != Layout.HEADER) {
      throw new JournalDamagedException(
          path,
          Damage.VERSION,
          8,
          "it has version %d of the format, and only %d is known"
              .formatted(version, Layout.VERSION));
    }
    JournalIdentity identity = JournalIdentity.get(source);
    FileHeader header =
        new FileHeader(
            identity,
            source.getLong(),
            source.getLong(),
            source.getLong(),
            source.getLong(),
            source.getLong(),
            stored);
    if (header.epoch < 1
        || header.baseLsn < 0
        || header.firstFrame < 1
        || header.space < Layout.HEADER) {
      throw new JournalDamagedException(
          path, Damage.HEADER, 0, "its header holds numbers that cannot be");
    }
    return header;
  }

  private static int checksum(ByteBuffer block) {
    CRC32C checksum = new CRC32C();
    checksum.update(block.slice(0, CHECKSUM_AT));
    return (int) checksum.getValue();
  }
}
