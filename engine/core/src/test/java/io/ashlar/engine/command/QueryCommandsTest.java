package io.ashlar.engine.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.BitmapInfo;
import org.junit.jupiter.api.Test;

/** The members that programs read; who changes one breaks them. */
final class QueryCommandsTest {
  @Test
  void aBitmapHasQemusMembersAndThenOurs() {
    BitmapInfo armed =
        new BitmapInfo("b", 65536, 131072, true, false, true, false, true, null, null);
    assertThat(QueryCommands.bitmap(armed))
        .hasToString(
            "{name=b, count=131072, granularity=65536, recording=true, busy=false, persistent=true,"
                + " inconsistent=false, in-use=true, recovered=false}");
  }

  @Test
  void aRecoveredBitmapSaysWhatTheRecoveryAdded() {
    BitmapInfo.Recovery recovery = new BitmapInfo.Recovery(983040);
    BitmapInfo recovered =
        new BitmapInfo("b", 65536, 1048576, true, false, true, false, true, recovery, null);
    assertThat(QueryCommands.bitmap(recovered))
        .containsEntry("recovered", true)
        .containsEntry("over-approximated", 983040L)
        .doesNotContainKey("reason");
  }

  @Test
  void anInconsistentBitmapSaysWhy() {
    BitmapInfo lost =
        new BitmapInfo("b", 65536, 0, false, false, true, true, true, null, "qemu-io wrote");
    assertThat(QueryCommands.bitmap(lost))
        .containsEntry("inconsistent", true)
        .containsEntry("recovered", false)
        .containsEntry("reason", "qemu-io wrote")
        .doesNotContainKey("over-approximated");
  }
}
