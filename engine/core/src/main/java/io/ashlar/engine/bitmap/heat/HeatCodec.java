package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.LongFunction;

/** The small records: regions that became hot, the intent of another nonce, and beats. */
final class HeatCodec {
  private static final int VERSION = 1;
  private static final int LARGEST_SHIFT = 62;

  private HeatCodec() {}

  /**
   * Regions that became hot.
   *
   * @param epoch of the set they are hot in
   * @param shift of the regions
   */
  record Heat(long epoch, int shift, Runs regions) {
    NewRecord encode() {
      PackedOut out = new PackedOut().u8(VERSION).i64(epoch).u8(shift).runs(regions);
      return record(RecordTypes.HEAT, out);
    }

    static long epoch(JournalRecord record) {
      return in(record).i64();
    }

    /** Adds the regions of a record to those of its epoch and size. */
    static void addTo(LongFunction<IntFunction<BitSet>> sets, JournalRecord record) {
      PackedIn in = in(record);
      long epoch = in.i64();
      int shift = in.u8();
      if (shift > LARGEST_SHIFT) {
        throw PackedIn.damaged("has regions of an impossible size");
      }
      in.addTo(sets.apply(epoch).apply(shift), Regions.MOST);
      in.end();
    }
  }

  /**
   * The image's fence is about to get another nonce.
   *
   * @param next the length that the image is to get with it, as in {@link Lengths}
   */
  record Intent(UUID nonce, long next) {
    NewRecord encode() {
      return record(RecordTypes.NONCE, new PackedOut().u8(VERSION).uuid(nonce).i64(next));
    }

    static Intent decode(JournalRecord record) {
      PackedIn in = in(record);
      Intent intent = new Intent(in.uuid(), in.i64());
      in.end();
      return intent;
    }
  }

  /**
   * The image is still in use.
   *
   * @param nanos the time of its file system, nanoseconds since 1970
   */
  record Beat(long nanos) {
    NewRecord encode() {
      return record(RecordTypes.BEAT, new PackedOut().u8(VERSION).i64(nanos));
    }

    static Beat decode(JournalRecord record) {
      PackedIn in = in(record);
      Beat beat = new Beat(in.i64());
      in.end();
      return beat;
    }
  }

  private static NewRecord record(int type, PackedOut out) {
    return new NewRecord(type, ByteBuffer.wrap(out.take()));
  }

  private static PackedIn in(JournalRecord record) {
    PackedIn in = new PackedIn(record.payload());
    in.version(VERSION);
    return in;
  }
}
