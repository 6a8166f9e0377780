package io.ashlar.engine.plugin;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;

/**
 * Loads the classes of one plugin. Its parent is the platform: of the engine's classes a plugin
 * sees the driver interface and the logging interface alone, so that neither can trip over the
 * other's libraries.
 */
final class PluginClassLoader extends URLClassLoader {
  private static final List<String> SHARED = List.of("io.ashlar.spi.", "org.slf4j.");

  private final ClassLoader engine;

  PluginClassLoader(String name, URL[] jars, ClassLoader engine) {
    super("plugin-" + name, jars, ClassLoader.getPlatformClassLoader());
    this.engine = engine;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    for (String shared : SHARED) {
      if (name.startsWith(shared)) {
        return engine.loadClass(name);
      }
    }
    return super.loadClass(name, resolve);
  }
}
