package io.ashlar.cli.run;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.ashlar.engine.option.Names;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A graph file with its parameters filled in: the images of {@code create} and the nodes of {@code
 * graph} as steps, then those of {@code run}. docs/graph-files.md describes the format.
 *
 * @param name the path as the user gave it
 * @param parameters the parameters
 * @param outputDirectory where results go, or {@code null}
 * @param outputFiles the names in it that must not exist yet
 * @param steps all steps
 */
record GraphFile(
    String name,
    Parameters parameters,
    Path outputDirectory,
    List<String> outputFiles,
    List<Step> steps) {

  private static final List<String> KEYS =
      List.of("parameters", "define", "output", "create", "graph", "run");

  /**
   * Reads a file.
   *
   * @param settings {@code NAME=VALUE} of the command line
   * @param declarationsOnly read the parameters alone; they need no values then
   * @throws ConfigurationException for whatever is wrong with the file's form
   */
  static GraphFile read(Path file, List<String> settings, boolean declarationsOnly) {
    String name = file.toString();
    String text = "";
    try {
      text = Files.readString(file);
      Config parsed =
          ConfigFactory.parseString(
              text,
              ConfigParseOptions.defaults()
                  .setSyntax(ConfigSyntax.CONF)
                  .setOriginDescription(name)
                  .setIncluder(NoIncludes.INSTANCE));
      if (declarationsOnly) {
        Parameters declared = Parameters.declaredIn(declarations(parsed));
        return new GraphFile(name, declared, null, List.of(), List.of());
      }
      return parse(name, file, parsed, settings);
    } catch (NoSuchFileException e) {
      throw new ConfigurationException(name, "there is no such file");
    } catch (MalformedInputException e) {
      throw new ConfigurationException(name, "this is not a text file in UTF-8");
    } catch (IOException e) {
      throw new ConfigurationException(name, "cannot be read: " + e.getMessage());
    } catch (ConfigException e) {
      throw asConfigurationException(name, text, e);
    }
  }

  private static GraphFile parse(String name, Path file, Config parsed, List<String> settings) {
    checkKeys(parsed.root());
    Parameters parameters = Parameters.of(declarations(parsed), settings, stem(file));
    for (Parameter parameter : parameters.declared().values()) {
      if (KEYS.contains(parameter.name())) {
        throw new ConfigurationException(
            parameter.place(), "'" + parameter.name() + "' is a key of the file itself");
      }
    }
    Config filled =
        parsed
            .withFallback(ConfigFactory.parseMap(parameters.values(), "a parameter"))
            .resolve(ConfigResolveOptions.noSystem());
    List<String> outputFiles = new ArrayList<>();
    Path output = output(filled, outputFiles);
    StepParser steps = new StepParser(parameters);
    for (ConfigObject image : objects(filled.root(), "create", "the options of blockdev-create")) {
      steps.image(image);
    }
    for (ConfigObject node : objects(filled.root(), "graph", "the definition of a node")) {
      steps.node(node);
    }
    for (ConfigObject step : objects(filled.root(), "run", "a step: COMMAND { ARGUMENTS }")) {
      steps.step(step);
    }
    return new GraphFile(name, parameters, output, outputFiles, steps.steps());
  }

  private static void checkKeys(ConfigObject root) {
    Map<Integer, String> wrong = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : root.entrySet()) {
      if (!KEYS.contains(entry.getKey())) {
        wrong.put(entry.getValue().origin().lineNumber(), entry.getKey());
      }
    }
    if (!wrong.isEmpty()) {
      String key = wrong.values().iterator().next();
      throw new ConfigurationException(
          Places.of(root.get(key)), "a graph file has no '" + key + "'" + Names.hint(key, KEYS));
    }
  }

  /** The declarations alone: they cannot refer to anything. */
  private static ConfigObject declarations(Config parsed) {
    ConfigValue block = parsed.root().get("parameters");
    if (block == null) {
      return null;
    }
    if (!(block instanceof ConfigObject object)) {
      throw new ConfigurationException(
          Places.of(block), "'parameters' must be an object: NAME { default = ..., doc = ... }");
    }
    return object.toConfig().resolve(ConfigResolveOptions.noSystem()).root();
  }

  private static Path output(Config filled, List<String> files) {
    ConfigValue value = filled.root().get("output");
    if (value == null) {
      return null;
    }
    String form = "'output' must be { directory = ..., files = [ names ] }";
    if (!(value instanceof ConfigObject output)) {
      throw new ConfigurationException(Places.of(value), form);
    }
    for (String key : output.keySet()) {
      if (!key.equals("directory") && !key.equals("files")) {
        throw new ConfigurationException(
            Places.of(output.get(key)),
            "'output' has no '" + key + "'" + Names.hint(key, List.of("directory", "files")));
      }
    }
    if (!(output.unwrapped().get("directory") instanceof String directory)
        || !(output.unwrapped().get("files") instanceof List<?> names)) {
      throw new ConfigurationException(Places.of(value), form);
    }
    for (Object one : names) {
      if (!(one instanceof String text) || text.isEmpty() || text.contains("/")) {
        throw new ConfigurationException(
            Places.below(output, List.of("files")), "'files' holds names without a directory");
      }
      files.add(text);
    }
    return Path.of(directory);
  }

  /** The elements of a list of objects; none when there is no such key. */
  static List<ConfigObject> objects(ConfigObject top, String key, String what) {
    ConfigValue value = top.get(key);
    List<ConfigObject> all = new ArrayList<>();
    if (value == null) {
      return all;
    }
    if (!(value instanceof ConfigList list)) {
      throw new ConfigurationException(Places.of(value), "'" + key + "' must be a list");
    }
    for (ConfigValue one : list) {
      if (one.valueType() != ConfigValueType.OBJECT) {
        throw new ConfigurationException(
            Places.of(one), "an element of '" + key + "' must be " + what);
      }
      all.add((ConfigObject) one);
    }
    return all;
  }

  private static String stem(Path file) {
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return (dot > 0 ? name.substring(0, dot) : name).replaceAll("[^A-Za-z0-9_-]", "-");
  }

  private static ConfigurationException asConfigurationException(
      String name, String file, ConfigException e) {
    String message = String.valueOf(e.getMessage());
    String place = e.origin() == null ? name : Places.text(e.origin());
    if (e.origin() == null && message.startsWith("include ")) {
      // The library does not say where.
      long before = file.lines().takeWhile(line -> !line.strip().startsWith("include ")).count();
      place = name + ":" + (before + 1);
    }
    // The library's messages begin with the place.
    String text = message.replaceFirst("^.*?: \\d+(-\\d+)?: ", "");
    if (e instanceof ConfigException.UnresolvedSubstitution) {
      text =
          text.replaceFirst(
              "^Could not resolve substitution to a value: (\\$\\{[^}]*\\}).*",
              "$1 is neither a parameter that has a value nor a key of this file");
    }
    return new ConfigurationException(place, text);
  }
}
