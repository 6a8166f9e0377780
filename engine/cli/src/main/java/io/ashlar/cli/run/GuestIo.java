package io.ashlar.cli.run;

import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.option.Sizes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Options;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** What a guest would do: reads and writes of a device, in a row or at random places. */
final class GuestIo {
  /** Longer requests are done in pieces of this many bytes. */
  private static final int PIECE = 1 << 20;

  private final BlockDevice device;
  private final Options options;
  private final Cancellation cancellation;

  GuestIo(BlockDevice device, Options options, Cancellation cancellation) {
    this.device = device;
    this.options = options;
    this.cancellation = cancellation;
  }

  /** Carries {@code write} out and says what was done. */
  String write() {
    boolean rewrite = options.bool("rewrite");
    each(
        (offset, piece) -> {
          if (rewrite) {
            device.read(offset, piece);
            piece.flip();
          } else {
            fill(piece, offset, "pattern", "seed");
          }
          device.write(offset, piece);
        });
    return done(rewrite ? "written back unchanged" : "written");
  }

  /** Carries {@code read} out and says what was done. */
  String read() {
    boolean compares = options.has("expect-pattern") || options.has("expect-seed");
    ByteBuffer wanted = compares ? buffer() : null;
    each(
        (offset, piece) -> {
          device.read(offset, piece);
          if (compares) {
            wanted.clear().limit(piece.limit());
            fill(wanted, offset, "expect-pattern", "expect-seed");
            requireEqual(offset, piece.flip(), wanted);
          }
        });
    return done(compares ? "read as expected" : "read");
  }

  /** Carries {@code write-zeroes} out. */
  String writeZeroes() {
    long length = options.number("length");
    device.writeZeroes(
        options.number("offset"), length, options.bool("unmap") ? IoFlags.MAY_UNMAP : IoFlags.NONE);
    return Sizes.human(length) + " zeroed";
  }

  /** Carries {@code discard} out. */
  String discard() {
    long length = options.number("length");
    device.discard(options.number("offset"), length);
    return Sizes.human(length) + " discarded";
  }

  private interface Request {
    void at(long offset, ByteBuffer piece);
  }

  private void each(Request request) {
    long length = options.number("length");
    long offset = options.number("offset");
    long step = options.optionalNumber("step").orElse(length);
    long count = options.number("count");
    SplittableRandom random =
        options.has("random") ? new SplittableRandom(options.number("random")) : null;
    long slots = random == null ? 0 : slots(offset, length);
    ByteBuffer buffer = buffer();
    for (long i = 0; i < count; i++) {
      long start = offset + (random == null ? i * step : random.nextLong(slots) * length);
      for (long done = 0; done < length; done += PIECE) {
        cancellation.check();
        buffer.clear().limit((int) Math.min(PIECE, length - done));
        request.at(start + done, buffer);
      }
    }
  }

  private long slots(long offset, long length) {
    long rest = device.length() - offset;
    long range = Math.min(rest, options.optionalNumber("range").orElse(rest));
    if (range < length) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "there is no room for a request of "
              + length
              + " bytes from offset "
              + offset
              + " in "
              + Math.max(0, range)
              + " bytes");
    }
    return range / length;
  }

  private ByteBuffer buffer() {
    return ByteBuffer.allocateDirect((int) Math.min(PIECE, options.number("length")));
  }

  /** Fills a buffer up to its limit with what belongs at an offset, ready to be written. */
  private void fill(ByteBuffer piece, long offset, String pattern, String seed) {
    if (options.has(pattern)) {
      byte b = (byte) options.number(pattern);
      while (piece.hasRemaining()) {
        piece.put(b);
      }
    } else {
      random(piece, offset, options.number(seed));
    }
    piece.flip();
  }

  /** Each eight bytes are a function of the seed and their place, however requests are cut. */
  private static void random(ByteBuffer piece, long offset, long seed) {
    piece.order(ByteOrder.LITTLE_ENDIAN);
    long at = offset;
    while (piece.hasRemaining()) {
      long word = mix(seed * 0x9E3779B97F4A7C15L + (at >>> 3));
      if ((at & 7) == 0 && piece.remaining() >= 8) {
        piece.putLong(word);
        at += 8;
      } else {
        piece.put((byte) (word >>> (8 * (at & 7))));
        at++;
      }
    }
  }

  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private void requireEqual(long offset, ByteBuffer found, ByteBuffer wanted) {
    int at = found.mismatch(wanted);
    if (at >= 0) {
      throw new BlockException(
          ErrorCode.EXPECTATION_FAILED,
          String.format(
              "node '%s' has 0x%02x at offset %d, not 0x%02x",
              device.nodeName(), found.get(at), offset + at, wanted.get(at)));
    }
  }

  private String done(String verb) {
    long count = options.number("count");
    long length = options.number("length");
    return (count == 1 ? "" : count + " x ") + Sizes.human(length) + " " + verb;
  }
}
