package io.ashlar.engine.journal.akka;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes the contents of records: big-endian numbers, and texts and bytes behind their length. */
final class Encoder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

  Encoder number(int value) {
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(value).array());
    return this;
  }

  Encoder number(long value) {
    out.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    return this;
  }

  Encoder text(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  Encoder bytes(byte[] value) {
    number(value.length);
    out.writeBytes(value);
    return this;
  }

  ByteBuffer finish() {
    return ByteBuffer.wrap(out.toByteArray());
  }
}
