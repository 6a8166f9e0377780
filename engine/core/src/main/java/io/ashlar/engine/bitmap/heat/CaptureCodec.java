package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.engine.bitmap.bits.TreeBits;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Captures as records: parts of bounded size, then a record that makes them count. A crash in
 * between leaves parts that nobody looks at.
 */
final class CaptureCodec {
  static final int VERSION = 1;

  /** Bytes of a part, about. */
  private static final int PART = 256 << 10;

  private static final int MOST_BITMAPS = 2 * 65_535;
  private static final int MOST_NONCES = 10_000;
  private static final int LONGEST_NAME = 1023;
  private static final long MOST_BYTES = 1L << 30;
  private static final int ENABLED = 1;
  private static final int SMALLEST_SHIFT = 9;
  private static final int LARGEST_SHIFT = 31;
  private static final int LARGEST_REGION_SHIFT = 62;

  private final long epoch;
  private final Consumer<NewRecord> records;
  private final PackedOut out = new PackedOut();
  private int parts;

  private CaptureCodec(long epoch, Consumer<NewRecord> records) {
    this.epoch = epoch;
    this.records = records;
  }

  /**
   * Writes a capture.
   *
   * @param records takes the records as they come, in order
   */
  static void write(Capture capture, Consumer<NewRecord> records) {
    new CaptureCodec(capture.epoch(), records).write(capture);
  }

  private void write(Capture capture) {
    out.number(capture.lengths().length()).i64(capture.lengths().next());
    out.number(capture.nonces().size());
    capture.nonces().forEach(out::uuid);
    out.u8(capture.shift()).set(capture.carried());
    out.number(capture.bitmaps().size());
    for (Capture.Bitmap bitmap : capture.bitmaps()) {
      out.text(bitmap.name());
      out.u8(Long.numberOfTrailingZeros(bitmap.granularity()));
      out.u8(bitmap.enabled() ? ENABLED : 0);
      BitsCodec.write(TreeBits.source(bitmap.bits()), out, this::full);
    }
    endPart();
    byte[] end = new PackedOut().u8(VERSION).i64(epoch).number(parts).take();
    records.accept(new NewRecord(RecordTypes.CAPTURE_END, ByteBuffer.wrap(end)));
  }

  private void full(PackedOut written) {
    if (written.size() >= PART) {
      endPart();
    }
  }

  private void endPart() {
    byte[] content = out.take();
    byte[] head = new PackedOut().u8(VERSION).i64(epoch).number(parts).take();
    ByteBuffer part = ByteBuffer.allocate(head.length + content.length);
    part.put(head).put(content).flip();
    records.accept(new NewRecord(RecordTypes.CAPTURE_PART, part));
    parts++;
  }

  /** What comes before the content of a part, and the whole of an end. */
  record Mark(long epoch, int number) {
    static Mark read(PackedIn in) {
      in.version(VERSION);
      return new Mark(in.i64(), in.number(Integer.MAX_VALUE));
    }
  }

  /** Reads what all parts have after their marks, one after the other; no bits yet. */
  static Found read(long epoch, List<ByteBuffer> parts) {
    PackedIn in = new PackedIn(joined(parts));
    Lengths lengths = new Lengths(in.number(), in.i64());
    int count = in.number(MOST_NONCES);
    List<UUID> nonces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nonces.add(in.uuid());
    }
    int shift = in.u8();
    if (shift > LARGEST_REGION_SHIFT) {
      throw PackedIn.damaged("has regions of an impossible size");
    }
    BitSet carried = in.set(Regions.MOST);
    return new Found(epoch, lengths, nonces, carried, shift, in.rest());
  }

  private static ByteBuffer joined(List<ByteBuffer> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    long bytes = parts.stream().mapToLong(ByteBuffer::remaining).sum();
    if (bytes > MOST_BYTES) {
      throw PackedIn.damaged("has " + bytes + " bytes where " + MOST_BYTES + " are the most");
    }
    ByteBuffer all = ByteBuffer.allocate((int) bytes);
    parts.forEach(part -> all.put(part.duplicate()));
    return all.flip();
  }

  /**
   * A capture that was read, but for its bits, which wait until it is known to be of this image: a
   * file could make them take any memory.
   */
  record Found(
      long epoch,
      Lengths lengths,
      List<UUID> nonces,
      BitSet carried,
      int shift,
      ByteBuffer bitmaps) {
    Capture toCapture(MemoryBudget budget) {
      PackedIn in = new PackedIn(bitmaps.duplicate());
      int count = in.number(MOST_BITMAPS);
      List<Capture.Bitmap> all = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        all.add(bitmap(in, budget));
      }
      in.end();
      return new Capture(epoch, lengths, nonces, carried, shift, all);
    }

    private Capture.Bitmap bitmap(PackedIn in, MemoryBudget budget) {
      String name = in.text(LONGEST_NAME);
      int granularity = in.u8();
      if (granularity < SMALLEST_SHIFT || granularity > LARGEST_SHIFT) {
        throw PackedIn.damaged("has a bitmap of an impossible granularity");
      }
      boolean enabled = (in.u8() & ENABLED) != 0;
      BitTree bits = new BitTree(lengths.length(), 1L << granularity);
      BitsCodec.read(in, budget.counted(bits));
      return new Capture.Bitmap(name, 1L << granularity, enabled, bits);
    }
  }
}
