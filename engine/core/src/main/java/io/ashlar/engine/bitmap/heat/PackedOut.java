package io.ashlar.engine.bitmap.heat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.UUID;

/** Writes what {@link PackedIn} reads: numbers of seven bits a byte, small ones first. */
final class PackedOut {
  private static final int LOW = 0x7f;
  private static final int MORE = 0x80;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  PackedOut u8(int value) {
    bytes.write(value);
    return this;
  }

  /** A number that is not negative. */
  PackedOut number(long value) {
    long rest = value;
    while ((rest & ~(long) LOW) != 0) {
      bytes.write((int) (rest & LOW) | MORE);
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return this;
  }

  PackedOut i64(long value) {
    bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    return this;
  }

  PackedOut uuid(UUID value) {
    return i64(value.getMostSignificantBits()).i64(value.getLeastSignificantBits());
  }

  PackedOut text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    number(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  /** A set as runs, each behind the gap before it. */
  PackedOut set(BitSet set) {
    return runs(Runs.of(set));
  }

  /** The same. */
  PackedOut runs(Runs runs) {
    number(runs.count());
    int end = 0;
    for (int run = 0; run < runs.count(); run++) {
      number(runs.from(run) - end);
      number(runs.to(run) - runs.from(run));
      end = runs.to(run);
    }
    return this;
  }

  PackedOut bytes(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  int size() {
    return bytes.size();
  }

  /** What was written, and an empty buffer afterwards. */
  byte[] take() {
    byte[] all = bytes.toByteArray();
    bytes.reset();
    return all;
  }
}
