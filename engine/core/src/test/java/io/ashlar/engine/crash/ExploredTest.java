package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a lane that was stopped finds again. */
final class ExploredTest {
  private static final Explored SOME =
      new Explored(
          "1 2 40", 7, 1, 1L << 40, 3, 4, Map.of("open", 5, "open/arm", 6), Set.of(-1L, 1L << 50));

  @TempDir private Path directory;

  @Test
  void isReadAsItWasWritten() throws IOException {
    Path file = Explored.file(directory, 1);
    Explored.nothing("1 2 40").write(file);
    SOME.write(file);
    assertThat(Explored.read(file)).isEqualTo(SOME);
    assertThat(directory).isDirectoryNotContaining(path -> !path.equals(file));
  }

  @Test
  void aPartOfAFileIsNoFile() throws IOException {
    Path file = Explored.file(directory, 0);
    SOME.write(file);
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> Explored.read(file)).isInstanceOf(EOFException.class);
    }
  }
}
