package io.ashlar.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValueFactory;
import io.ashlar.cli.run.ConfigurationException;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.engine.plugin.PluginFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the command finds the engine's settings and plugins. */
public final class Settings {
  /** The setting that lists directories of plugins. */
  private static final String PLUGINS = "ashlar.plugins";

  private Settings() {}

  /**
   * The settings of a file, or of {@code conf/ashlar.conf} beside the launcher.
   *
   * @param file the file, or {@code null}
   * @throws ConfigurationException when it cannot be read
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
      return ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
          .resolve(ConfigResolveOptions.noSystem());
    } catch (ConfigException e) {
      throw new ConfigurationException(file.toString(), e.getMessage());
    }
  }

  private static Path home() {
    String home = System.getProperty("ashlar.home");
    return home == null ? null : Path.of(home);
  }
}
