package io.ashlar.engine.bitmap.heat;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.engine.bitmap.heat.Recovery.Result;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What comes out of records, and which pairs of image and journal are not believed. */
final class RecoveryTest {
  private static final long G = 65_536;
  private static final long MIB = 1 << 20;
  private static final long GIB = 1L << 30;
  private static final long SECOND = 1_000_000_000L;
  private static final JournalIdentity JOURNAL =
      new JournalIdentity(new UUID(1, 1), new UUID(2, 2));
  private static final UUID NONCE = new UUID(3, 3);

  private final List<JournalRecord> records = new ArrayList<>();

  private void add(NewRecord record) {
    records.add(new JournalRecord(records.size() + 1, 5, record.type(), record.payload()));
  }

  private void heat(long epoch, Regions regions, long... offsets) {
    Runs runs = new Runs();
    for (long offset : offsets) {
      runs.add((int) (offset >>> regions.shift()));
    }
    add(new HeatCodec.Heat(epoch, regions.shift(), runs).encode());
  }

  private void capture(long epoch, long length, BitSet carried, Capture.Bitmap... bitmaps) {
    add(new HeatCodec.Beat(100 * SECOND).encode());
    CaptureCodec.write(
        new Capture(
            epoch,
            Lengths.of(length),
            List.of(NONCE),
            carried,
            Regions.of(length).shift(),
            List.of(bitmaps)),
        this::add);
  }

  private static Capture.Bitmap bitmap(String name, BitTree bits, boolean enabled) {
    return new Capture.Bitmap(name, bits.granularity(), enabled, bits);
  }

  private Result recover(long length) {
    return recover(length, new Fence(new UUID(1, 1), new UUID(2, 2), 5, NONCE, 1), 100, false);
  }

  private Result recover(long length, Fence fence, long changedSeconds, boolean trusts) {
    HeatPast past = new HeatPast(CrashRules.SOUND);
    records.forEach(past::visit);
    return Recovery.of(
            new Recovery.Evidence(
                past,
                JOURNAL,
                fence,
                List.of(new StoredBitmap(0, "b", G, true, true, null)),
                length,
                Optional.of(changedSeconds * SECOND),
                trusts),
            CrashRules.SOUND)
        .get("b");
  }

  private static BitTree bits(Result result) {
    assertThat(result).isInstanceOf(Result.Recovered.class);
    return ((Result.Recovered) result).bits();
  }

  @Test
  void bitsAndHeatsSinceAddUp() {
    Regions regions = Regions.of(GIB);
    BitTree bits = new BitTree(GIB, G);
    bits.set(7 * MIB, 1);
    BitSet carried = new BitSet();
    carried.set(9);
    heat(1, regions, 100 * MIB);
    heat(2, regions, 3 * MIB);
    capture(2, GIB, carried, bitmap("b", bits, true));
    heat(2, regions, 20 * MIB, 21 * MIB);
    heat(3, regions, 40 * MIB);
    BitTree found = bits(recover(GIB));
    assertThat(found.isSet(7 * MIB)).isTrue();
    for (long at : new long[] {3, 9, 20, 21, 40}) {
      assertThat(found.isSet(at * MIB)).as("%d MiB", at).isTrue();
      assertThat(found.isSet((at + 1) * MIB - 1)).isTrue();
    }
    assertThat(found.isSet(100 * MIB)).as("covered by the capture").isFalse();
    assertThat(found.dirtyBytes()).isEqualTo(5 * MIB + G);
    assertThat(((Result.Recovered) recover(GIB)).over()).isEqualTo(5 * MIB);
  }

  @Test
  void aBitmapThatDidNotRecordGetsNoHeats() {
    BitTree bits = new BitTree(GIB, G);
    capture(1, GIB, new BitSet(), bitmap("b", bits, false));
    heat(1, Regions.of(GIB), 0);
    assertThat(bits(recover(GIB)).isEmpty()).isTrue();
  }

  @Test
  void aCaptureWithoutItsEndDoesNotCount() {
    BitTree bits = new BitTree(GIB, G);
    bits.set(0, 1);
    capture(1, GIB, new BitSet(), bitmap("b", bits, true));
    capture(2, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    records.remove(records.size() - 1);
    assertThat(bits(recover(GIB)).isSet(0)).isTrue();
  }

  private void refused(Result result, String reason) {
    assertThat(result).isInstanceOf(Result.Refused.class);
    assertThat(((Result.Refused) result).reason()).contains(reason);
  }

  @Test
  void whatDoesNotBelongTogetherIsRefused() {
    capture(1, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    assertThat(recover(GIB)).isInstanceOf(Result.Recovered.class);
    Fence fence = new Fence(new UUID(1, 1), new UUID(2, 2), 5, NONCE, 1);
    refused(recover(GIB, fence.withNonce(new UUID(9, 9)), 100, false), "do not belong together");
    refused(recover(GIB, fence.withLsn(1000), 100, false), "older than the image");
    refused(
        recover(GIB, new Fence(new UUID(1, 1), new UUID(2, 2), 6, NONCE, 1), 100, false),
        "older than the image");
    refused(
        recover(GIB, new Fence(new UUID(1, 1), new UUID(8, 8), 5, NONCE, 1), 100, false),
        "not the one that the image names");
    refused(recover(GIB + MIB), "another length");
  }

  @Test
  void anImageThatWasChangedAfterTheLeaseIsRefusedUnlessTheUserVouchesForIt() {
    capture(1, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    Fence fence = new Fence(new UUID(1, 1), new UUID(2, 2), 5, NONCE, 1);
    assertThat(recover(GIB, fence, 130, false)).isInstanceOf(Result.Recovered.class);
    refused(recover(GIB, fence, 131, false), "trust-copied-image");
    assertThat(recover(GIB, fence, 131, true)).isInstanceOf(Result.Recovered.class);
    add(new HeatCodec.Beat(105 * SECOND).encode());
    assertThat(recover(GIB, fence, 131, false)).isInstanceOf(Result.Recovered.class);
  }

  @Test
  void anAnnouncedNonceAndLengthAreAccepted() {
    capture(1, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    heat(1, Regions.of(GIB), 0);
    UUID next = new UUID(7, 7);
    add(new HeatCodec.Intent(next, 2 * GIB).encode());
    Fence fence = new Fence(new UUID(1, 1), new UUID(2, 2), 5, next, 1);
    BitTree found = bits(recover(2 * GIB, fence, 100, false));
    assertThat(found.length()).isEqualTo(2 * GIB);
    assertThat(found.isSet(0)).isTrue();
    refused(recover(3 * GIB, fence, 100, false), "another length");
  }

  /** Every record cut or with a byte changed: a superset, a refusal, never anything else. */
  @Test
  void damagedRecordsAreRefused() {
    long seed = Long.getLong("ashlar.seed", 4711);
    Random random = new Random(seed);
    BitTree bits = new BitTree(GIB, G);
    for (int i = 0; i < 500; i++) {
      bits.set(random.nextLong(GIB), 1 + random.nextLong(4 * MIB));
    }
    capture(1, GIB, new BitSet(), bitmap("b", bits, true));
    heat(1, Regions.of(GIB), 5 * MIB, 900 * MIB);
    List<JournalRecord> whole = List.copyOf(records);
    for (int i = 0; i < 3000; i++) {
      records.clear();
      records.addAll(whole);
      int which = random.nextInt(whole.size());
      JournalRecord record = whole.get(which);
      byte[] content = new byte[record.payload().remaining()];
      record.payload().get(content);
      ByteBuffer changed;
      if (random.nextBoolean()) {
        changed = ByteBuffer.wrap(content, 0, random.nextInt(content.length));
      } else {
        content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
        changed = ByteBuffer.wrap(content);
      }
      records.set(which, new JournalRecord(record.lsn(), 5, record.type(), changed));
      Result result = recover(GIB);
      assertThat(result).as("-Dashlar.seed=%d, step %d", seed, i).isNotNull();
    }
  }

  /** A file of somebody else may have any numbers, with the right checksums. */
  @Test
  void numbersBeyondAnyDiskAreNoMoreThanDamage() {
    BitSet carried = new BitSet();
    carried.set(Regions.MOST - 1);
    for (int shift : new int[] {20, 43, 44, 62}) {
      records.clear();
      BitTree bits = new BitTree(GIB, G);
      bits.set(0, 1);
      add(new HeatCodec.Beat(100 * SECOND).encode());
      CaptureCodec.write(
          new Capture(
              1, Lengths.of(GIB), List.of(NONCE), carried, shift, List.of(bitmap("b", bits, true))),
          this::add);
      Runs runs = new Runs();
      runs.add(1);
      runs.add(Regions.MOST - 1);
      add(new HeatCodec.Heat(1, shift, runs).encode());
      assertThat(bits(recover(GIB)).isSet(0)).isTrue();
    }
    for (long gap : new long[] {Long.MAX_VALUE, Long.MAX_VALUE >>> 7}) {
      records.clear();
      add(new HeatCodec.Beat(100 * SECOND).encode());
      PackedOut out = new PackedOut().u8(CaptureCodec.VERSION).i64(1).number(0);
      out.number(GIB).i64(Lengths.NONE).number(1).uuid(NONCE).u8(20).set(new BitSet());
      out.number(1).text("b").u8(16).u8(1);
      out.number(1L << 55 | 1).number(1).number(1L << 55 | 1).number(gap).number(0);
      add(new NewRecord(RecordTypes.CAPTURE_PART, ByteBuffer.wrap(out.take())));
      byte[] end = new PackedOut().u8(CaptureCodec.VERSION).i64(1).number(1).take();
      add(new NewRecord(RecordTypes.CAPTURE_END, ByteBuffer.wrap(end)));
      refused(recover(GIB), "beyond any disk");
    }
  }

  /** A few bytes of a journal must not take any memory: each of these bitmaps takes 90 MiB. */
  @Test
  void aJournalOfSomebodyElseTakesNoMoreMemoryThanThereIs() {
    long length = 1L << 44;
    long words = length / 512 / Long.SIZE;
    PackedOut part = new PackedOut().u8(CaptureCodec.VERSION).i64(1).number(0);
    part.number(length).i64(Lengths.NONE).number(1).uuid(NONCE).u8(24).set(new BitSet());
    part.number(1000);
    for (int i = 0; i < 1000; i++) {
      part.text("b" + i).u8(9).u8(1).number(words << 1 | 1).number(0).number(0);
    }
    add(new HeatCodec.Beat(100 * SECOND).encode());
    add(new NewRecord(RecordTypes.CAPTURE_PART, ByteBuffer.wrap(part.take())));
    byte[] end = new PackedOut().u8(CaptureCodec.VERSION).i64(1).number(1).take();
    add(new NewRecord(RecordTypes.CAPTURE_END, ByteBuffer.wrap(end)));
    assertThat(recover(length))
        .hasToString(
            "Refused[reason=the bitmaps of this image need more"
                + " than 256 MiB of memory, which is the limit for one image]");
  }

  @Test
  void heatsOfAnyNumberOfEpochsTakeNoMemory() {
    Regions regions = Regions.of(GIB);
    capture(1, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    for (int epoch = 1; epoch <= 256; epoch++) {
      heat(epoch, regions, 0);
    }
    assertThat(recover(GIB)).isInstanceOf(Result.Recovered.class);
    heat(300, regions, 0);
    assertThat(recover(GIB).toString()).contains("more epochs");
  }

  /** The bits of a capture come back as they are, whatever they are. */
  @Test
  void capturesComeBackAsTheyWere() {
    long seed = Long.getLong("ashlar.seed", 815);
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      long length = 1 + random.nextLong(3 * GIB);
      BitTree bits = new BitTree(length, 512L << random.nextInt(12));
      for (int n = random.nextInt(30); n > 0; n--) {
        bits.set(random.nextLong(length), 1 + random.nextLong(1L << random.nextInt(32)));
      }
      records.clear();
      capture(3, length, new BitSet(), bitmap("b", bits, random.nextBoolean()));
      HeatPast past = new HeatPast(CrashRules.SOUND);
      records.forEach(past::visit);
      Capture.Bitmap found =
          past.capture().orElseThrow().toCapture(new MemoryBudget(1 << 20)).bitmaps().get(0);
      String hint = "-Dashlar.seed=" + seed + ", step " + i;
      assertThat(found.bits().count()).as(hint).isEqualTo(bits.count());
      for (long bit = bits.nextSetBit(0); bit >= 0; bit = bits.nextSetBit(bit + 1 + 997)) {
        assertThat(found.bits().isSet(bit * bits.granularity())).as(hint).isTrue();
      }
    }
  }

  @Test
  void aCompactionKeepsWhatRecoveryNeeds() {
    BitTree bits = new BitTree(GIB, G);
    bits.set(0, 1);
    Regions regions = Regions.of(GIB);
    heat(1, regions, 500 * MIB);
    capture(1, GIB, new BitSet(), bitmap("b", new BitTree(GIB, G), true));
    heat(2, regions, 3 * MIB);
    capture(2, GIB, new BitSet(), bitmap("b", bits, true));
    heat(2, regions, 4 * MIB);
    add(new HeatCodec.Intent(new UUID(7, 7), Lengths.NONE).encode());
    add(new HeatCodec.Beat(120 * SECOND).encode());
    BitTree before = bits(recover(GIB));
    HeatRetention retention = new HeatRetention(CrashRules.SOUND);
    records.forEach(retention::sees);
    int all = records.size();
    records.removeIf(record -> !retention.keeps(record));
    assertThat(records.size()).isLessThan(all - 3);
    BitTree after = bits(recover(GIB));
    assertThat(after.count()).isEqualTo(before.count());
    Fence intended = new Fence(new UUID(1, 1), new UUID(2, 2), 5, new UUID(7, 7), 1);
    assertThat(recover(GIB, intended, 150, false)).isInstanceOf(Result.Recovered.class);
  }

  @Test
  void aTebibyteWithAHundredThousandHeatsTakesNoTime() throws BlockException {
    long length = 1L << 40;
    Regions regions = Regions.of(length);
    Random random = new Random(1);
    capture(1, length, new BitSet(), bitmap("b", new BitTree(length, G), true));
    for (int i = 0; i < 100_000; i++) {
      heat(1, regions, random.nextLong(length));
    }
    long begun = System.nanoTime();
    BitTree found = bits(recover(length));
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(3));
    assertThat(found.dirtyBytes()).isGreaterThan(90_000 * MIB);
  }
}
