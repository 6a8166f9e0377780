package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.spi.BlockException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Picking parts of answers. */
final class AnswerPathTest {
  private static final Object ANSWER =
      List.of(
          Map.of("node-name", "a", "ro", true),
          Map.of(
              "node-name", "b.1", "dirty-bitmaps", List.of(Map.of("name", "x", "count", 65536))));

  @Test
  void picks() {
    assertThat(AnswerPath.parse("[node-name=a].ro").in(ANSWER)).isEqualTo(true);
    assertThat(AnswerPath.parse("[0].ro").in(ANSWER)).isEqualTo(true);
    assertThat(AnswerPath.parse("[node-name=b.1].dirty-bitmaps[name=x].count").in(ANSWER))
        .isEqualTo(65536);
    assertThat(AnswerPath.parse("length").in(ANSWER)).isEqualTo(2);
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThatThrownBy(() -> AnswerPath.parse("[node-name=c].ro").in(ANSWER))
        .isInstanceOf(BlockException.class)
        .hasMessageContaining("node-name = c");
    assertThatThrownBy(() -> AnswerPath.parse("[0].rp").in(ANSWER))
        .hasMessageContaining("did you mean 'ro'?");
    assertThatThrownBy(() -> AnswerPath.parse("[7]").in(ANSWER)).hasMessageContaining("nothing");
    assertThatThrownBy(() -> AnswerPath.parse("a b"))
        .isInstanceOf(InvalidOptionException.class)
        .hasMessageContaining("is not a path");
  }
}
