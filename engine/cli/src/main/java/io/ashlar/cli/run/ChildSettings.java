package io.ashlar.cli.run;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a process of a crash step is started: as this one was.
 *
 * @param references what {@code --allow-references} names, or {@code null}
 * @param config what {@code --config} names, or {@code null}
 */
record ChildSettings(Path references, Path config) {
  /** Of the options of this JVM those that another one can share. */
  private static final List<String> SHARED = List.of("-D", "-X", "--enable-", "--add-", "--sun-");

  /**
   * Properties that an embedder may have set without an option; standard output hangs on logging.
   */
  private static final List<String> PROPERTIES =
      List.of("logback.configurationFile", "ashlar.log", "java.io.tmpdir");

  /** The command line that runs a graph file and prints JSON. */
  List<String> command(Path file) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (SHARED.stream().anyMatch(option::startsWith)) {
        words.add(option);
      }
    }
    for (String name : PROPERTIES) {
      String value = System.getProperty(name);
      String option = "-D" + name + "=";
      if (value != null && words.stream().noneMatch(word -> word.startsWith(option))) {
        words.add(option + value);
      }
    }
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.ashlar.cli.Main"));
    words.addAll(List.of("run", file.toString(), "--json"));
    if (references != null) {
      words.addAll(List.of("--allow-references", references.toString()));
    }
    if (config != null) {
      words.addAll(List.of("--config", config.toString()));
    }
    return words;
  }
}
