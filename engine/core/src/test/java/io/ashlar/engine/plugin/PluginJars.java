package io.ashlar.engine.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockDriver;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;

/** Makes plugins from source text, each a directory with a jar. */
final class PluginJars {
  /** A driver that works. NAME, LEVEL, OPTIONS and EXTRA are filled in. */
  private static final String DRIVER =
      """
      package plug;
      import io.ashlar.spi.*;
      public final class TheDriver implements BlockDriver {
        EXTRA
        public String name() { return "NAME"; }
        public int apiLevel() { return LEVEL; }
        public OptionSchema options() { return OptionSchema.of(OPTIONS); }
        public BlockNode open(OpenContext context) { throw new UnsupportedOperationException(); }
      }
      """;

  private final Path plugins;
  private final Path work;

  PluginJars(Path directory) {
    plugins = directory.resolve("plugins");
    work = directory.resolve("work");
  }

  Path directory() {
    return plugins;
  }

  /** A plugin with one driver. */
  void driver(String plugin, String name, String level, String options, String extra)
      throws IOException {
    String source =
        DRIVER
            .replace("NAME", name)
            .replace("LEVEL", level)
            .replace("OPTIONS", options)
            .replace("EXTRA", extra);
    jar(plugin, source, "plug.TheDriver");
  }

  /**
   * A plugin.
   *
   * @param source text of plug.TheDriver
   * @param service content of the services file, or {@code null} for none
   */
  void jar(String plugin, String source, String service) throws IOException {
    Path classes = Files.createDirectories(work.resolve(plugin));
    Path file = classes.resolve("TheDriver.java");
    Files.writeString(file, source);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                file.toString());
    assertThat(result).as(source).isZero();
    Path jar = Files.createDirectories(plugins.resolve(plugin)).resolve("driver.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      entries.putNextEntry(new JarEntry("plug/TheDriver.class"));
      entries.write(Files.readAllBytes(classes.resolve("plug/TheDriver.class")));
      if (service != null) {
        entries.putNextEntry(new JarEntry("META-INF/services/" + BlockDriver.class.getName()));
        entries.write(service.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** Where failures of these plugins come from. */
  List<String> origins(String... names) {
    return List.of(names).stream().map(name -> plugins.resolve(name).toString()).toList();
  }
}
