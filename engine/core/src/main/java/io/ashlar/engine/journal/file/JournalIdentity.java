package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Whose journal it is. Both stand in the image's fence as well; path and node name do not count.
 * All checksums of the file begin with the identity, so that nothing of another journal passes for
 * its own.
 *
 * @param image the image
 * @param journal this life of the journal: a new one is made whenever a journal is begun
 */
public record JournalIdentity(UUID image, UUID journal) {
  static final int BYTES = 32;

  byte[] bytes() {
    return ByteBuffer.allocate(BYTES)
        .putLong(image.getMostSignificantBits())
        .putLong(image.getLeastSignificantBits())
        .putLong(journal.getMostSignificantBits())
        .putLong(journal.getLeastSignificantBits())
        .array();
  }

  static JournalIdentity get(ByteBuffer source) {
    UUID image = new UUID(source.getLong(), source.getLong());
    return new JournalIdentity(image, new UUID(source.getLong(), source.getLong()));
  }

  @Override
  public String toString() {
    return image + "/" + journal;
  }
}
