package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lane that was stopped goes on where it was, and finds what it would have found. */
@Timeout(120)
final class LaneTest {
  private static final int STATES = 1500;

  /** One of many, to which nearly no short workloads belong. */
  private static final int LANE = Op.PAUSE.ordinal();

  private static final int LANES = 100;

  @TempDir private Path whole;
  @TempDir private Path stopped;

  /** It tells how far it is, and keeps that, each 500 states. */
  private static Process start(Path directory, int states) throws IOException {
    List<String> options = List.of("-Xmx300m", "-Dashlar.crash.told=500");
    return LaneProcess.start(options, LANE, LANES, states, 1, 7, 1_000_000, directory);
  }

  private static String end(Process lane, int status) throws Exception {
    String said = new String(lane.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(lane.waitFor()).as(said).isEqualTo(status);
    return said;
  }

  private static Explored explored(Path directory) throws IOException {
    return Explored.read(Explored.file(directory, LANE));
  }

  private static Explored untimed(Explored lane) {
    return new Explored(
        lane.settings(),
        lane.workloads(),
        lane.violations(),
        lane.nested(),
        lane.judged(),
        0,
        lane.steps(),
        lane.distinct());
  }

  @Test
  void aLaneThatWasKilledFindsTheSame() throws Exception {
    Process unbroken = start(whole, STATES); // beside the others, to take less time
    try {
      killOne();
      end(start(stopped, STATES), 0);
      end(unbroken, 0);
    } finally {
      unbroken.destroyForcibly();
    }
    assertThat(explored(whole).distinct()).hasSizeGreaterThanOrEqualTo(STATES);
    assertThat(untimed(explored(stopped))).isEqualTo(untimed(explored(whole)));
  }

  private void killOne() throws Exception {
    Process killed = start(stopped, STATES);
    try (BufferedReader out = killed.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).contains(" states after ");
    } finally {
      killed.destroyForcibly().waitFor();
    }
    assertThat(explored(stopped).distinct()).hasSizeBetween(500, STATES - 1);
  }

  @Test
  void whatWasAskedOtherwiseIsOfNoUse() throws Exception {
    end(start(stopped, 1), 0);
    Explored before = explored(stopped);
    assertThat(end(start(stopped, 2), 1))
        .contains("is of a lane that was asked " + LANE + " " + LANES + " 1 1 7");
    assertThat(explored(stopped)).isEqualTo(before);
  }
}
