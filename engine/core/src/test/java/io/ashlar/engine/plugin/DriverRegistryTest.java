package io.ashlar.engine.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Good and broken plugins beside the drivers of the class path. */
final class DriverRegistryTest {
  @TempDir Path directory;

  private PluginJars jars;

  @BeforeEach
  void makeDirectory() {
    jars = new PluginJars(directory);
  }

  @Test
  void driversOfTheClassPathAreFound() {
    try (DriverRegistry registry = load()) {
      assertThat(registry.names()).contains("file", "raw");
      assertThat(registry.failures()).isEmpty();
      assertThat(registry.find("raw").name()).isEqualTo("raw");
    }
  }

  @Test
  void whatIsNotThereIsAnsweredWithTheNearest() {
    try (DriverRegistry registry = load()) {
      BlockException e = catchThrowableOfType(BlockException.class, () -> registry.find("throtle"));
      assertThat(e.code()).isEqualTo(ErrorCode.DRIVER_NOT_FOUND);
      assertThat(e).hasMessageContaining("did you mean 'throttle'?");
      assertThat(catchThrowableOfType(BlockException.class, () -> registry.find("zfs-volume")))
          .hasMessageContaining("there are: ")
          .hasMessageContaining("raw");
    }
  }

  @Test
  void aPluginSeesTheDriverInterfaceAndNothingElseOfTheEngine() throws IOException {
    jars.driver("good", "good", "SpiLevel.CURRENT", "", sees("com.typesafe.config.Config", false));
    jars.driver("logs", "logs", "SpiLevel.CURRENT", "", sees("org.slf4j.Logger", true));
    try (DriverRegistry registry = load()) {
      assertThat(registry.failures()).isEmpty();
      assertThat(registry.find("good").getClass().getClassLoader().getName())
          .isEqualTo("plugin-good");
    }
  }

  @Test
  void aBrokenPluginIsOneErrorAndTheOthersServe() throws IOException {
    jars.driver(
        "a-constructor", "x1", "1", "", "{ if (true) throw new IllegalStateException(\"no!\"); }");
    jars.driver("b-options", "x2", "1", "null, null", "");
    jars.driver("c-level", "x3", "99", "", "");
    jars.driver("d-old", "x4", "0", "", "");
    jars.driver("e-name", "X 5", "1", "", "");
    jars.driver("f-duplicate", "raw", "1", "", "");
    jars.driver("g-generic", "x6", "1", "OptionSpec.bool(\"read-only\", false, \"\")", "");
    jars.jar("h-class", "package plug; public class TheDriver {}", "plug.Missing");
    jars.jar("i-type", "package plug; public class TheDriver {}", "plug.TheDriver");
    jars.jar("j-service", "package plug; public class TheDriver {}", null);
    Files.createDirectories(jars.directory().resolve("k-empty"));
    Files.createDirectories(jars.directory().resolve("l-garbage"));
    Files.writeString(jars.directory().resolve("l-garbage/x.jar"), "this is no jar");
    jars.driver("z-good", "good", "1", "", "");
    try (DriverRegistry registry = load()) {
      assertThat(registry.failures())
          .extracting(PluginFailure::origin)
          .containsExactlyElementsOf(
              jars.origins(
                  "a-constructor",
                  "b-options",
                  "c-level",
                  "d-old",
                  "e-name",
                  "f-duplicate",
                  "g-generic",
                  "h-class",
                  "i-type",
                  "j-service",
                  "k-empty",
                  "l-garbage"));
      List<String> messages = registry.failures().stream().map(PluginFailure::message).toList();
      assertThat(messages.get(0)).contains("no!");
      assertThat(messages.get(2)).contains("level 99").contains("take a newer Ashlar");
      assertThat(messages.get(3)).contains("level 0").contains("take a newer plugin");
      assertThat(messages.get(5)).contains("'raw' already, from the class path");
      assertThat(messages.get(6)).contains("'read-only' is one that every node has");
      assertThat(messages.get(7)).contains("plug.Missing");
      assertThat(registry.find("good")).isNotNull();
      assertThat(registry.find("raw").getClass().getName()).startsWith("io.ashlar.driver.raw");
      assertThat(catchThrowableOfType(BlockException.class, () -> registry.find("x1")))
          .hasMessageContaining("could not be loaded");
    }
  }

  /** Code that throws unless the plugin sees a class, or does not. */
  private static String sees(String type, boolean wanted) {
    return "{ boolean seen; try { Class.forName(\""
        + type
        + "\"); seen = true; }"
        + " catch (ClassNotFoundException e) { seen = false; }"
        + " if (seen != "
        + wanted
        + ") throw new IllegalStateException(\"sees it: \" + seen); }";
  }

  private DriverRegistry load() {
    return DriverRegistry.load(
        DriverRegistryTest.class.getClassLoader(),
        List.of(jars.directory(), directory.resolve("there is none")));
  }
}
