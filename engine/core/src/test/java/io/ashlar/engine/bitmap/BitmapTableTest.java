package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every command in every state that a bitmap can be in: done, or refused with its code. */
class BitmapTableTest {
  private static final ActorTestKit KIT = ActorTestKit.create();

  // T transient, F added, A loaded and armed, S loaded on a read-only node, X inconsistent, Xr the
  // same read-only, B held by a job, E by an export, U unusable, Ur the same read-only, - no such
  // bitmap.
  private static final String TABLE =
      """
      command T      F      A      S         X            Xr           B      E      U            Ur           -
      add     EXISTS EXISTS EXISTS EXISTS    EXISTS       EXISTS       EXISTS EXISTS EXISTS       EXISTS       ok
      clear   ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      enable  ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      disable ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      remove  ok     ok     ok     READ_ONLY ok           READ_ONLY    BUSY   BUSY   ok           READ_ONLY    no
      merge   ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      source  ok     ok     ok     ok        INCONSISTENT INCONSISTENT BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      freeze  ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      never   ok     ok     ok     ok        INCONSISTENT INCONSISTENT BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      resize  ok     ok     ok     READ_ONLY INCONSISTENT READ_ONLY    BUSY   BUSY   INCONSISTENT INCONSISTENT ok
      export  ok     ok     ok     ok        INCONSISTENT INCONSISTENT BUSY   BUSY   INCONSISTENT INCONSISTENT NOT_FOUND
      """;

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  @TestFactory
  List<DynamicTest> table() {
    List<DynamicTest> tests = new ArrayList<>();
    List<String> rows = TABLE.lines().toList();
    String[] states = rows.get(0).split(" +");
    for (String row : rows.subList(1, rows.size())) {
      String[] cells = row.split(" +");
      assertThat(cells).hasSameSizeAs(states);
      for (int i = 1; i < cells.length; i++) {
        String state = states[i];
        String expected = cells[i];
        tests.add(
            DynamicTest.dynamicTest(
                cells[0] + " in state " + state, () -> check(cells[0], state, expected)));
      }
    }
    return tests;
  }

  private static void check(String command, String state, String expected) {
    try (Rig rig = new Rig(KIT)) {
      bring(rig, state);
      List<BitmapInfo> before = rig.describe();
      Throwable thrown = catchThrowable(() -> run(rig, command, expected));
      if (expected.equals("ok") || expected.equals("no")) {
        assertThat(thrown).isNull();
        return;
      }
      assertThat(thrown).isInstanceOf(BlockException.class);
      assertThat(((BlockException) thrown).code())
          .as(thrown.getMessage())
          .isEqualTo(ErrorCode.valueOf("BITMAP_" + expected));
      assertThat(thrown.getMessage()).contains("'b'").contains("'" + Rig.NODE + "'");
      assertThat(rig.describe()).as("nothing changed").isEqualTo(before);
    }
  }

  private static void bring(Rig rig, String state) {
    boolean readOnly = state.equals("S") || state.endsWith("r");
    switch (state) {
      case "A", "S" -> rig.store.put("b", Rig.GRANULE, false, true, 0);
      case "X", "Xr" -> rig.store.put("b", Rig.GRANULE, true, true, 0);
      case "U", "Ur" -> rig.store.putUnusable("b");
      default -> {}
    }
    rig.load(!readOnly);
    switch (state) {
      case "T" -> rig.add("b", false);
      case "F" -> rig.add("b", true);
      case "B" -> {
        rig.add("b", true);
        rig.freeze("b", false);
      }
      case "E" -> {
        rig.add("b", true);
        rig.hold("b", "export 'e1'");
      }
      default -> {}
    }
  }

  private static void run(Rig rig, String command, String expected) {
    switch (command) {
      case "add" -> {
        rig.ask(Rig.adding("b", Bitmaps.Settings.TRANSIENT));
        assertThat(rig.info("b")).isNotNull();
      }
      case "clear" -> {
        rig.clear("b");
        assertThat(rig.info("b").dirtyBytes()).isZero();
      }
      case "enable" -> {
        rig.enable("b", true);
        assertThat(rig.info("b").recording()).isTrue();
      }
      case "disable" -> {
        rig.enable("b", false);
        assertThat(rig.info("b").recording()).isFalse();
      }
      case "remove" -> {
        assertThat(rig.remove("b")).isEqualTo(expected.equals("ok"));
        assertThat(rig.info("b")).isNull();
        assertThat(rig.store.entry("b")).isNull();
      }
      case "merge" -> {
        BitTree source = new BitTree(Rig.LENGTH, Rig.GRANULE);
        source.set(7 * Rig.GRANULE, 1);
        rig.merge("b", List.of(source));
        assertThat(rig.snapshot("b").isSet(7 * Rig.GRANULE)).isTrue();
      }
      case "source" -> rig.<BitTree>ask(replyTo -> new BitmapCommand.Snapshot("b", true, replyTo));
      case "export" -> {
        rig.hold("b", "export 'e1'");
        assertThat(rig.info("b").busy()).isTrue();
      }
      case "freeze", "never" -> {
        rig.freeze("b", command.equals("never"));
        assertThat(rig.info("b").busy()).isTrue();
      }
      case "resize" -> rig.<akka.Done>ask(replyTo -> new BitmapCommand.MayResize(replyTo));
      default -> throw new IllegalArgumentException(command);
    }
  }
}
