package io.ashlar.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.ashlar.cli.run.ConfigurationException;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.option.Names;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.engine.plugin.PluginFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the command finds the engine's settings and plugins. */
public final class Settings {
  private static final String PLUGINS = "ashlar.plugins";

  private Settings() {}

  /**
   * The settings of a file, or of {@code conf/ashlar.conf} beside the launcher.
   *
   * @param file the file, or {@code null}
   * @throws ConfigurationException when it cannot be read, or sets what does not exist
   */
  public static Config load(Path file) {
    Path home = home();
    Path chosen = file;
    if (chosen == null && home != null) {
      Path shipped = home.resolve("conf/ashlar.conf");
      chosen = Files.isRegularFile(shipped) ? shipped : null;
    }
    Config settings = chosen == null ? ConfigFactory.empty() : parse(chosen);
    if (home != null && !settings.hasPath(PLUGINS)) {
      List<String> shipped = List.of(home.resolve("conf/plugins").toString());
      settings = settings.withValue(PLUGINS, ConfigValueFactory.fromIterable(shipped));
    }
    return settings;
  }

  /** The drivers for these settings; what could not be loaded is logged. */
  public static DriverRegistry drivers(Config settings) {
    List<Path> directories =
        settings.hasPath(PLUGINS)
            ? settings.getStringList(PLUGINS).stream().map(Path::of).toList()
            : List.of();
    DriverRegistry drivers = DriverRegistry.load(Settings.class.getClassLoader(), directories);
    if (!drivers.failures().isEmpty()) {
      Logger log = LoggerFactory.getLogger(Settings.class);
      for (PluginFailure failure : drivers.failures()) {
        log.warn("Plugin left out: {}: {}", failure.origin(), failure.message());
      }
    }
    return drivers;
  }

  private static Config parse(Path file) {
    try {
      Config settings =
          ConfigFactory.parseString(
                  Files.readString(file),
                  ConfigParseOptions.defaults().setOriginDescription(file.toString()))
              .resolve(ConfigResolveOptions.noSystem());
      checkKeys(settings);
      return settings;
    } catch (IOException e) {
      throw new ConfigurationException(file.toString(), "cannot be read: " + e.getMessage());
    } catch (ConfigException e) {
      throw new ConfigurationException("settings", e.getMessage());
    }
  }

  /** A misspelt setting would otherwise be a setting that does nothing. */
  private static void checkKeys(Config settings) {
    if (settings.isEmpty()) {
      return;
    }
    Config known =
        ConfigFactory.parseResources(Ashlar.class.getClassLoader(), "reference.conf")
            .withOnlyPath("ashlar")
            // How actors find the journals; where those are kept is ashlar.journals.
            .withoutPath("ashlar.journal")
            .withoutPath("ashlar.snapshot");
    List<String> names = new ArrayList<>();
    known.entrySet().forEach(entry -> names.add(entry.getKey()));
    for (Map.Entry<String, ConfigValue> entry : settings.entrySet()) {
      List<String> path = ConfigUtil.splitPath(entry.getKey());
      boolean actors = path.size() > 2 && path.subList(0, 2).equals(List.of("ashlar", "akka"));
      if (!actors && !names.contains(entry.getKey())) {
        ConfigValue value = entry.getValue();
        throw new ConfigurationException(
            value.origin().description().replaceFirst(": (\\d+)$", ":$1"),
            "there is no setting '" + entry.getKey() + "'" + Names.hint(entry.getKey(), names));
      }
      if (!actors && known.getValue(entry.getKey()).valueType() != entry.getValue().valueType()) {
        requireConvertible(known.getValue(entry.getKey()), entry);
      }
    }
  }

  /** Durations may be numbers or texts; everything else keeps the type of its default. */
  private static void requireConvertible(
      ConfigValue standard, Map.Entry<String, ConfigValue> setting) {
    Object value = setting.getValue().unwrapped();
    boolean list = standard.unwrapped() instanceof List<?>;
    boolean number = standard.unwrapped() instanceof Number;
    if (list != (value instanceof List<?>) || (number && !(value instanceof Number))) {
      throw new ConfigurationException(
          setting.getValue().origin().description().replaceFirst(": (\\d+)$", ":$1"),
          "'"
              + setting.getKey()
              + "' must be "
              + (list ? "a list" : number ? "a number" : "a text")
              + ", as its default "
              + standard.render());
    }
  }

  private static Path home() {
    String home = System.getProperty("ashlar.home");
    return home == null ? null : Path.of(home);
  }
}
