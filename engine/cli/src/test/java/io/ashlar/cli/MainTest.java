package io.ashlar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.SpiLevel;
import org.junit.jupiter.api.Test;

/** Help, version, completion, wrong use. */
final class MainTest {
  @Test
  void theVersionNamesAllParts() {
    CommandLineRun run = CommandLineRun.of("--version");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .matches("(?s)ashlar \\d+\\.\\d+.*")
        .contains("driver interface level " + SpiLevel.CURRENT)
        .contains(System.getProperty("java.runtime.version"))
        .contains("QEMU ");
  }

  @Test
  void helpHasExamplesAndExitCodes() {
    assertThat(CommandLineRun.of("--help").out())
        .contains("ashlar run examples/incremental-backup");
    CommandLineRun run = CommandLineRun.of("help", "run");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("--allow-references").contains("130").contains("Examples:");
    assertThat(CommandLineRun.of("run", "--help").out()).isEqualTo(run.out());
  }

  @Test
  void aShellCanCompleteIt() {
    CommandLineRun run = CommandLineRun.of("generate-completion");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("complete -F").contains("--allow-references");
  }

  @Test
  void wrongUseIsTwoAndSaysSoOnStderr() {
    for (String[] wrong :
        new String[][] {{}, {"rum"}, {"run"}, {"run", "a.conf", "b.conf"}, {"--vers"}}) {
      CommandLineRun run = CommandLineRun.of((Object[]) wrong);
      assertThat(run.code()).as(run.all()).isEqualTo(2);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).isNotBlank();
    }
  }
}
