package io.ashlar.cli.run;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.ashlar.engine.option.Names;
import io.ashlar.spi.Texts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The parameters of a graph file and their values in one run. */
final class Parameters {
  private final Map<String, Parameter> declared = new LinkedHashMap<>();
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> notes = new LinkedHashMap<>();

  private Parameters() {}

  /**
   * Reads the declarations and gives each parameter its value.
   *
   * @param block {@code parameters} of the file, or {@code null}
   * @param settings {@code NAME=VALUE} of the command line
   * @param stem name for a directory that has to be made
   */
  static Parameters of(ConfigObject block, List<String> settings, String stem) {
    Parameters parameters = declaredIn(block);
    Map<String, String> set = parameters.set(settings);
    for (Parameter parameter : parameters.declared.values()) {
      parameters.give(parameter, set.get(parameter.name()), stem);
    }
    return parameters;
  }

  /** The declarations without values. */
  static Parameters declaredIn(ConfigObject block) {
    Parameters parameters = new Parameters();
    if (block != null) {
      new TreeMap<>(lines(block))
          .values()
          .forEach(name -> parameters.declared.put(name, Parameter.parse(name, block.get(name))));
    }
    return parameters;
  }

  /** All declarations, in the order of the file. */
  Map<String, Parameter> declared() {
    return declared;
  }

  /** The values; a parameter that has none is not in it. */
  Map<String, Object> values() {
    return values;
  }

  /** Remarks on values that nobody chose, by name. */
  Map<String, String> notes() {
    return notes;
  }

  private static Map<String, String> lines(ConfigObject block) {
    Map<String, String> lines = new LinkedHashMap<>();
    for (Map.Entry<String, ConfigValue> entry : block.entrySet()) {
      lines.put(
          String.format("%09d %s", entry.getValue().origin().lineNumber(), entry.getKey()),
          entry.getKey());
    }
    return lines;
  }

  private Map<String, String> set(List<String> settings) {
    Map<String, String> set = new LinkedHashMap<>();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new ConfigurationException("--set " + setting, "it takes NAME=VALUE");
      }
      String name = setting.substring(0, equals);
      if (!declared.containsKey(name)) {
        throw new ConfigurationException(
            "--set " + setting,
            "the file declares no parameter '"
                + Texts.printable(name)
                + "'"
                + Names.hint(name, declared.keySet()));
      }
      if (set.put(name, setting.substring(equals + 1)) != null) {
        throw new ConfigurationException("--set " + setting, "'" + name + "' is set twice");
      }
    }
    return set;
  }

  private void give(Parameter parameter, String set, String stem) {
    String name = parameter.name();
    String place = set == null ? parameter.place() : "--set " + name + "=" + set;
    Object raw = set == null ? parameter.value() : set;
    if (raw == null && parameter.required()) {
      throw new ConfigurationException(
          parameter.place(), "parameter '" + name + "' must be set: --set " + name + "=VALUE");
    }
    if (raw != null) {
      values.put(name, existing(parameter, parameter.check(raw, place), place));
    } else {
      switch (parameter.type()) {
        case OUTPUT_DIRECTORY -> {
          values.put(name, newDirectory(stem));
          notes.put(name, "not set: a new directory");
        }
        case STRING, SIZE, INTEGER, BOOLEAN, FILE -> {}
      }
    }
  }

  private static Object existing(Parameter parameter, Object value, String place) {
    switch (parameter.type()) {
      case FILE -> {
        if (!Files.exists(Path.of((String) value))) {
          throw new ConfigurationException(place, "there is no file '" + value + "'");
        }
      }
      case STRING, SIZE, INTEGER, BOOLEAN, OUTPUT_DIRECTORY -> {}
    }
    return value;
  }

  /** A name that is free now; the directory is made when the run begins. */
  private static String newDirectory(String stem) {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    long number = ProcessHandle.current().pid();
    Path directory = parent.resolve("ashlar-" + stem + "-" + number);
    while (Files.exists(directory)) {
      number++;
      directory = parent.resolve("ashlar-" + stem + "-" + number);
    }
    return directory.toString();
  }
}
