package io.ashlar.engine.journal.akka;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads what {@link Encoder} wrote, and believes no length. */
final class Decoder {
  private final JournalRecord found;
  private final ByteBuffer source;

  Decoder(JournalRecord found) {
    this.found = found;
    this.source = found.payload();
  }

  int number() {
    require(Integer.BYTES);
    return source.getInt();
  }

  long longNumber() {
    require(Long.BYTES);
    return source.getLong();
  }

  String text() {
    int length = length();
    ByteBuffer part = source.slice(source.position(), length);
    source.position(source.position() + length);
    return StandardCharsets.UTF_8.decode(part).toString();
  }

  byte[] bytes() {
    byte[] bytes = new byte[length()];
    source.get(bytes);
    return bytes;
  }

  /** Everything must have been read. */
  void end() {
    if (source.hasRemaining()) {
      throw wrong();
    }
  }

  private int length() {
    int length = number();
    require(length);
    return length;
  }

  private void require(int length) {
    if (length < 0 || length > source.remaining()) {
      throw wrong();
    }
  }

  BlockException wrong() {
    return new BlockException(
        ErrorCode.JOURNAL_DAMAGED,
        "journal record %d of type %d makes no sense; the journal is not used"
            .formatted(found.lsn(), found.type()));
  }
}
