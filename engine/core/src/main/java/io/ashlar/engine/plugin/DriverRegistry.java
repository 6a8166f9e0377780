package io.ashlar.engine.plugin;

import io.ashlar.engine.option.Drivers;
import io.ashlar.engine.option.GenericOptions;
import io.ashlar.engine.option.Names;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;
import io.ashlar.spi.Texts;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The drivers that an engine knows, by name: those that {@link ServiceLoader} finds in one class
 * loader, and those of plugin directories, each directory in a class loader of its own. A driver
 * that cannot be used becomes one entry of {@link #failures()}; the others serve.
 */
public final class DriverRegistry implements Drivers, AutoCloseable {
  /** After so many errors in a row a list of providers is given up. */
  private static final int MOST_ERRORS = 100;

  private static final String CLASS_PATH = "the class path";
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

  private final Map<String, BlockDriver> drivers = new TreeMap<>();
  private final Map<String, String> origins = new HashMap<>();
  private final List<PluginFailure> failures = new ArrayList<>();
  private final List<PluginClassLoader> loaders = new ArrayList<>();

  private DriverRegistry() {}

  /**
   * Finds the drivers.
   *
   * @param engine the class loader of the engine's own drivers
   * @param pluginDirectories directories whose sub-directories hold the jars of one plugin each;
   *     those that do not exist are skipped
   */
  public static DriverRegistry load(ClassLoader engine, List<Path> pluginDirectories) {
    DriverRegistry registry = new DriverRegistry();
    registry.addAll(engine, CLASS_PATH);
    for (Path directory : pluginDirectories) {
      registry.addPlugins(directory, engine);
    }
    return registry;
  }

  @Override
  public Optional<BlockDriver> lookUp(String name) {
    return Optional.ofNullable(drivers.get(name));
  }

  /**
   * The driver of a name.
   *
   * @throws BlockException DRIVER_NOT_FOUND with what there is
   */
  public BlockDriver find(String name) {
    BlockDriver driver = drivers.get(name);
    if (driver == null) {
      String broken =
          failures.isEmpty() ? "" : " (" + failures.size() + " could not be loaded, see the log)";
      throw new BlockException(
          ErrorCode.DRIVER_NOT_FOUND,
          "no driver '"
              + Texts.printable(name)
              + "'"
              + Names.hint(name, drivers.keySet())
              + broken);
    }
    return driver;
  }

  @Override
  public Collection<String> names() {
    return Collections.unmodifiableSet(drivers.keySet());
  }

  /** What could not be used, and why. */
  public List<PluginFailure> failures() {
    return List.copyOf(failures);
  }

  /** Closes the jars of the plugins; their drivers cannot load further classes then. */
  @Override
  public void close() {
    for (PluginClassLoader loader : loaders) {
      try {
        loader.close();
      } catch (IOException e) {
        throw new BlockException(
            ErrorCode.IO_ERROR, "cannot close the jars of " + loader.getName(), e);
      }
    }
  }

  private void addPlugins(Path directory, ClassLoader engine) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    for (Path plugin : children(directory, "*")) {
      if (Files.isDirectory(plugin)) {
        addPlugin(plugin, engine);
      }
    }
  }

  private void addPlugin(Path directory, ClassLoader engine) {
    List<URL> jars = new ArrayList<>();
    for (Path jar : children(directory, "*.jar")) {
      try {
        jars.add(jar.toUri().toURL());
      } catch (MalformedURLException e) {
        fail(directory.toString(), "has a jar with an impossible name, " + jar, e);
      }
    }
    if (jars.isEmpty()) {
      fail(directory.toString(), "holds no jar", null);
      return;
    }
    PluginClassLoader loader =
        new PluginClassLoader(
            String.valueOf(directory.getFileName()), jars.toArray(URL[]::new), engine);
    loaders.add(loader);
    int before = drivers.size() + failures.size();
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      addAll(loader, directory.toString());
    } finally {
      thread.setContextClassLoader(context);
    }
    if (drivers.size() + failures.size() == before) {
      fail(
          directory.toString(),
          "names no driver in META-INF/services/" + BlockDriver.class.getName(),
          null);
    }
  }

  private List<Path> children(Path directory, String pattern) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, pattern)) {
      stream.forEach(found::add);
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      fail(directory.toString(), "cannot be listed: " + e.getMessage(), e);
    }
    Collections.sort(found);
    return found;
  }

  private void addAll(ClassLoader loader, String origin) {
    Iterator<BlockDriver> found;
    try {
      found = ServiceLoader.load(BlockDriver.class, loader).iterator();
    } catch (ServiceConfigurationError e) {
      fail(origin, e.getMessage(), e);
      return;
    }
    int errors = 0;
    while (errors < MOST_ERRORS) {
      try {
        if (!found.hasNext()) {
          return;
        }
        add(found.next(), origin);
      } catch (ServiceConfigurationError | LinkageError e) {
        errors++;
        Throwable cause = e.getCause() == null ? e : e.getCause();
        fail(origin, e.getMessage() + ": " + cause, cause);
      }
    }
  }

  /** Asks a driver everything the engine will rely on, once, so that a broken one shows now. */
  private void add(BlockDriver driver, String origin) {
    String type = driver.getClass().getName();
    try {
      int level = driver.apiLevel();
      if (level < SpiLevel.OLDEST_SERVED || level > SpiLevel.CURRENT) {
        fail(origin, type + levelComplaint(level), null);
        return;
      }
      String name = driver.name();
      if (name == null || !NAME.matcher(name).matches()) {
        fail(origin, type + " has the impossible name '" + Texts.printable(name) + "'", null);
        return;
      }
      for (OptionSpec option : driver.options().options()) {
        requireOwnName(option.name());
      }
      for (ChildSpec child : driver.options().children()) {
        requireOwnName(child.role());
      }
      driver.createOptions().ifPresent(schema -> schema.options().forEach(OptionSpec::name));
      if (drivers.putIfAbsent(name, driver) != null) {
        String other = origins.get(name);
        fail(origin, "there is a driver '" + name + "' already, from " + other, null);
      } else {
        origins.put(name, origin);
      }
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      fail(origin, type + " threw " + e, e);
    }
  }

  private static void requireOwnName(String name) {
    if (GenericOptions.SCHEMA.stream().anyMatch(generic -> generic.name().equals(name))) {
      throw new IllegalArgumentException(
          "option '" + name + "' is one that every node has already");
    }
  }

  private static String levelComplaint(int level) {
    String range =
        SpiLevel.OLDEST_SERVED == SpiLevel.CURRENT
            ? "level " + SpiLevel.CURRENT
            : "levels " + SpiLevel.OLDEST_SERVED + " to " + SpiLevel.CURRENT;
    String cure =
        level > SpiLevel.CURRENT ? "take a newer Ashlar or an older plugin" : "take a newer plugin";
    return " was made for level "
        + level
        + " of the driver interface; this engine serves "
        + range
        + "; "
        + cure;
  }

  private void fail(String origin, String message, Throwable cause) {
    failures.add(new PluginFailure(origin, message, cause));
  }
}
