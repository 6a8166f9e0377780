package io.ashlar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.cli.run.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The settings file: what is shipped, and what is refused. */
final class SettingsTest {
  @TempDir Path directory;

  @Test
  void theShippedFileChangesNothingAndNamesOnlySettingsThatExist() throws IOException {
    Path shipped = Path.of(System.getProperty("ashlar.root")).resolve("conf/ashlar.conf");
    assertThat(Settings.load(shipped).entrySet()).isEmpty();
    String uncommented = Files.readString(shipped).replaceAll("(?m)^( *)#(\\S)", "$1$2");
    Config all = load(uncommented);
    assertThat(all.entrySet()).hasSizeGreaterThan(8);
    Config reference =
        ConfigFactory.parseResources(Settings.class.getClassLoader(), "reference.conf");
    all.entrySet()
        .forEach(
            entry ->
                assertThat(entry.getValue().unwrapped())
                    .as(entry.getKey())
                    .isEqualTo(reference.getValue(entry.getKey()).unwrapped()));
    long known =
        reference
            .getConfig("ashlar")
            .withoutPath("akka")
            .withoutPath("journal")
            .withoutPath("snapshot")
            .entrySet()
            .size();
    assertThat(all.entrySet()).as("all settings are shown").hasSize((int) known);
  }

  @Test
  void mistakesHaveTheirPlaceAndTheNearestName() {
    assertThatThrownBy(() -> load("ashlar {\n  time-uot = 3s\n}"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("ashlar.conf:2: there is no setting 'ashlar.time-uot'")
        .hasMessageContaining("did you mean 'ashlar.time-out'?");
    assertThatThrownBy(() -> load("ashlar.threads.jobs = many"))
        .hasMessageContaining("ashlar.conf:1: ")
        .hasMessageContaining("must be a number");
    assertThatThrownBy(() -> load("ashlar {"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("ashlar.conf: 1");
    assertThatThrownBy(() -> Settings.load(directory.resolve("none")))
        .hasMessageContaining("cannot be read");
  }

  @Test
  void whatActorsFindTheirJournalsByIsNoSetting() {
    assertThatThrownBy(() -> load("ashlar.journal.class = mine"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no setting 'ashlar.journal.class'");
  }

  @Test
  void theActorSystemsOwnSettingsPass() throws IOException {
    assertThat(load("ashlar.akka.loglevel = DEBUG").getString("ashlar.akka.loglevel"))
        .isEqualTo("DEBUG");
  }

  private Config load(String text) throws IOException {
    Path file = directory.resolve("ashlar.conf");
    Files.writeString(file, text);
    return Settings.load(file);
  }
}
