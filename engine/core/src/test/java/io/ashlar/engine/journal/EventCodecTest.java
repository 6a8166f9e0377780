package io.ashlar.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapThawed;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsMerged;
import io.ashlar.engine.journal.BitmapFact.BitmapsResized;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.BitmapFact.Side;
import io.ashlar.engine.journal.BitmapFact.Thaw;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.Finding;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of events in a file is for ever; older forms are read, newer ones refused. */
class EventCodecTest {
  /** The stamp of {@link Facts#STAMP} in version 2. */
  private static final String STAMP_2 =
      "0018"
          + "626c6f636b2d64697274792d6269746d61702d636c656172" // block-dirty-bitmap-clear
          + "0005"
          + "6469736b30" // disk0
          + "0006"
          + "766d686f7374" // vmhost
          + "0000000000001267" // process 4711
          + "0003"
          + "6a6f65" // joe
          + "0000018bcfe56800"; // 1700000000000

  /** The same as version 1 wrote it: without a host. */
  private static final String STAMP_1 = STAMP_2.replace("0006766d686f7374", "");

  private static final Stamp WITHOUT_HOST =
      new Stamp("block-dirty-bitmap-clear", "disk0", "", 4711, "joe", 1_700_000_000_000L);

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }

  private static void form(String manifest, String hex, LifecycleEvent event) {
    assertThat(EventCodec.manifest(event)).isEqualTo(manifest);
    assertThat(HexFormat.of().formatHex(EventCodec.encode(event))).isEqualTo(hex);
    assertThat(EventCodec.decode(manifest, bytes(hex))).isEqualTo(event);
  }

  @Test
  void theFormOfEachEventIsFixed() {
    form("image-opened:2", STAMP_2 + "00000010", new ImageOpened(Facts.STAMP, 16));
    String added = "01" + "000162" + "0000000000010000" + "01";
    form(
        "change-intended:2",
        STAMP_2 + "0000000000000007" + "0001" + added,
        new ChangeIntended(Facts.STAMP, 7, List.of(new BitmapAdded("b", 65536, true))));
    form(
        "change-done:2",
        STAMP_2 + "0000000000000007" + "0002" + added + "03000163",
        new ChangeDone(
            Facts.STAMP, 7, List.of(new BitmapAdded("b", 65536, true), new BitmapCleared("c"))));
    form(
        "change-failed:2",
        STAMP_2 + "0000000000000007" + "0001" + "03000163" + "00026e6f",
        new ChangeFailed(Facts.STAMP, 7, List.of(new BitmapCleared("c")), "no"));
    form(
        "image-reconciled:2",
        STAMP_2 + "0000000000000000" + "06" + "000162" + "0000000000010000" + "00" + "0003776879",
        new ImageReconciled(Facts.STAMP, 0, Finding.BITMAP_INCONSISTENT, "b", 65536, false, "why"));
  }

  private static void form(String hex, BitmapFact fact) {
    BinaryOut out = new BinaryOut();
    FactCodec.write(out, fact);
    assertThat(HexFormat.of().formatHex(out.toBytes())).isEqualTo(hex);
    assertThat(FactCodec.read(new BinaryIn(bytes(hex)))).isEqualTo(fact);
  }

  @Test
  void theFormOfEachFactIsFixed() {
    form("01" + "0002c3a4" + "0000000000010000" + "00", new BitmapAdded("ä", 65536, false));
    form("02" + "000162", new BitmapRemoved("b"));
    form("03" + "000162", new BitmapCleared("b"));
    form("04" + "000162", new BitmapEnabled("b"));
    form("05" + "000162", new BitmapDisabled("b"));
    form(
        "06" + "000162" + "0002" + "0003782f79" + "0000",
        new BitmapsMerged("b", List.of("x/y", "")));
    form("07" + "000162" + "00016a", new BitmapFrozen("b", "j"));
    form("08" + "000162" + "00016a" + "00", new BitmapThawed("b", "j", Thaw.ABDICATED));
    form("08" + "000162" + "00016a" + "01", new BitmapThawed("b", "j", Thaw.RECLAIMED));
    form(
        "09" + "000162" + "00" + "00016e" + "0000000000000200" + "01",
        new BitmapMoved("b", Side.MOVED_IN, "n", 512, true));
    form(
        "09" + "000162" + "01" + "00016e" + "0000000000000200" + "01",
        new BitmapMoved("b", Side.MOVED_OUT, "n", 512, true));
    form("0a" + "0000000000001000", new BitmapsResized(4096));
    form("0b" + "00000010", new BitmapsArmed(16));
    form("0c" + "00000010", new BitmapsSealed(16));
  }

  @Test
  void versionOneIsReadAsTheyWouldBeWrittenNow() {
    assertThat(EventCodec.decode("image-opened:1", bytes(STAMP_1 + "00000010")))
        .isEqualTo(new ImageOpened(WITHOUT_HOST, 16));
    assertThat(
            EventCodec.decode(
                "change-done:1", bytes(STAMP_1 + "0000000000000007" + "0001" + "03000163")))
        .isEqualTo(new ChangeDone(WITHOUT_HOST, 7, List.of(new BitmapCleared("c"))));
    assertThatThrownBy(() -> EventCodec.decode("image-opened:2", bytes(STAMP_1 + "00000010")))
        .as("the versions differ")
        .isInstanceOf(UnreadableEventException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"change-done:3", "change-done:999999999"})
  void versionsOfTheFutureAreRefusedByName(String manifest) {
    assertThatThrownBy(() -> EventCodec.decode(manifest, bytes(STAMP_2)))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining(manifest)
        .hasMessageContaining("newer Ashlar")
        .hasMessageContaining("up to version 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "change-done",
        "change-done:",
        "change-done:0",
        "change-done:-1",
        "odd:1",
        "change-done:99999999999",
        "change-done:2:2"
      })
  void whatIsNoManifestIsRefused(String manifest) {
    assertThatThrownBy(() -> EventCodec.decode(manifest, bytes(STAMP_2)))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("'" + manifest + "'");
  }

  @Test
  void whatIsWrittenIsRead() {
    long seed = Long.getLong("ashlar.seed", new SplittableRandom().nextLong());
    Facts facts = new Facts(seed);
    Set<Class<?>> events = new HashSet<>();
    Set<Class<?>> kinds = new HashSet<>();
    for (int i = 0; i < Integer.getInteger("ashlar.codec.events", 2_000); i++) {
      LifecycleEvent event = facts.event();
      events.add(event.getClass());
      if (event instanceof ChangeDone done) {
        done.facts().forEach(fact -> kinds.add(fact.getClass()));
      }
      assertThat(
              EventCodec.decode(
                  EventCodec.manifest(event), ByteBuffer.wrap(EventCodec.encode(event))))
          .as("-Dashlar.seed=" + seed)
          .isEqualTo(event);
    }
    assertThat(events).containsExactlyInAnyOrder(LifecycleEvent.class.getPermittedSubclasses());
    assertThat(kinds).containsExactlyInAnyOrder(BitmapFact.class.getPermittedSubclasses());
  }

  /** Never anything else than an event or the one exception, and never more memory than bytes. */
  @Test
  void damageIsAnErrorAndNothingElse() {
    long seed = Long.getLong("ashlar.seed", new SplittableRandom().nextLong());
    SplittableRandom random = new SplittableRandom(seed);
    Facts facts = new Facts(seed);
    for (int i = 0; i < Integer.getInteger("ashlar.codec.events", 2_000); i++) {
      LifecycleEvent event = facts.event();
      byte[] bytes = EventCodec.encode(event);
      int length = random.nextBoolean() ? random.nextInt(bytes.length) : bytes.length;
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        EventCodec.decode(EventCodec.manifest(event), ByteBuffer.wrap(bytes, 0, length));
      } catch (UnreadableEventException e) {
        assertThat(e).as("-Dashlar.seed=" + seed).hasMessageContaining("cannot be read");
      }
    }
  }

  @Test
  void bytesLeftOverAreDamage() {
    assertThatThrownBy(() -> EventCodec.decode("image-opened:2", bytes(STAMP_2 + "0000001000")))
        .hasMessageContaining("1 bytes are left over");
  }

  @Test
  void longTextsAreCutAtACharacter() {
    ChangeFailed event = new ChangeFailed(Facts.STAMP, 1, List.of(), "漢".repeat(5_000));
    ChangeFailed read =
        (ChangeFailed)
            EventCodec.decode(
                EventCodec.manifest(event), ByteBuffer.wrap(EventCodec.encode(event)));
    assertThat(read.reason()).isEqualTo("漢".repeat(BinaryOut.MAX_TEXT / 3));
  }
}
