package io.ashlar.cli.run;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.engine.command.CommandSpec;
import io.ashlar.engine.option.MapChecker;
import io.ashlar.engine.option.Names;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns the objects of {@code graph} and {@code run} into steps. */
final class StepParser {
  static final String WHEN = "when";
  private static final String ON_INCONSISTENT = "on-inconsistent";
  private static final List<OptionSpec> MODIFIERS =
      List.of(
          OptionSpec.string("name", "what the step is called"),
          OptionSpec.bool("wait", true, "the next step waits for the end of this one"),
          OptionSpec.words(
              "expect-error",
              null,
              "the error that is wanted",
              Arrays.stream(ErrorCode.values()).map(Enum::name).toArray(String[]::new)),
          OptionSpec.words(
              ON_INCONSISTENT,
              "fail",
              "what a backup does when its bitmap cannot be used",
              "fail",
              "full"));
  private static final List<String> MODIFIER_NAMES =
      List.of("name", "wait", "expect-error", ON_INCONSISTENT, WHEN);

  private final Parameters parameters;
  private final List<Step> steps = new ArrayList<>();

  StepParser(Parameters parameters) {
    this.parameters = parameters;
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  /** An element of {@code create}: the options of {@code blockdev-create}, and perhaps when. */
  void image(ConfigObject image) {
    brief(image, "blockdev-create", Map.of("options", withoutWhen(image)));
  }

  /** An element of {@code graph}: the arguments of {@code blockdev-add}, and perhaps when. */
  void node(ConfigObject node) {
    brief(node, "blockdev-add", withoutWhen(node));
  }

  private void brief(ConfigObject source, String command, Map<String, Object> arguments) {
    steps.add(
        new Step(
            steps.size() + 1,
            command,
            arguments,
            null,
            false,
            null,
            skipped(source),
            source,
            List.of(),
            Step.OnInconsistent.FAIL,
            List.of()));
  }

  private static Map<String, Object> withoutWhen(ConfigObject object) {
    Map<String, Object> rest = new LinkedHashMap<>(object.unwrapped());
    rest.remove(WHEN);
    return rest;
  }

  /** An element of {@code run}: one command, and modifiers. */
  void step(ConfigObject step) {
    String command = command(step);
    Options modifiers = modifiers(step, command);
    boolean background = !modifiers.bool("wait");
    if (background && !mayRunInBackground(command)) {
      throw new ConfigurationException(
          Places.below(step, List.of("wait")),
          "'"
              + command
              + "' ends before the next step in any case; wait = false is for jobs and"
              + " guest I/O");
    }
    steps.add(
        new Step(
            steps.size() + 1,
            command,
            arguments(step, command),
            modifiers.optionalString("name").orElse(null),
            background,
            modifiers.optionalString("expect-error").map(ErrorCode::valueOf).orElse(null),
            skipped(step),
            step,
            List.of(command),
            onInconsistent(step, command, modifiers),
            command.equals(RunnerCommands.CRASH) ? inner(step, command) : List.of()));
  }

  private static Step.OnInconsistent onInconsistent(
      ConfigObject step, String command, Options modifiers) {
    if (step.containsKey(ON_INCONSISTENT) && !command.equals(BackupStep.COMMAND)) {
      throw new ConfigurationException(
          Places.below(step, List.of(ON_INCONSISTENT)),
          "'" + ON_INCONSISTENT + "' is for '" + BackupStep.COMMAND + "'");
    }
    return modifiers.string(ON_INCONSISTENT).equals("full")
        ? Step.OnInconsistent.FULL
        : Step.OnInconsistent.FAIL;
  }

  /** The nodes and steps of the process that a crash ends. */
  private List<Step> inner(ConfigObject step, String command) {
    StepParser parser = new StepParser(parameters);
    if (step.get(command) instanceof ConfigObject arguments) {
      GraphFile.objects(arguments, "graph", "the definition of a node").forEach(parser::node);
      GraphFile.objects(arguments, "run", "a step: COMMAND { ARGUMENTS }").forEach(parser::step);
    }
    return parser.steps();
  }

  /** All names of commands. */
  static List<String> commandNames() {
    List<String> names = new ArrayList<>(RunnerCommands.names());
    CommandSet.specs().forEach(spec -> names.add(spec.name()));
    return names;
  }

  private static boolean mayRunInBackground(String command) {
    return CommandSet.spec(command).map(CommandSpec::startsJob).orElse(false)
        || RunnerCommands.isGuestIo(command);
  }

  private static String command(ConfigObject step) {
    List<String> known = commandNames();
    List<String> commands = new ArrayList<>();
    for (String key : step.keySet()) {
      if (known.contains(key)) {
        commands.add(key);
      } else if (!MODIFIER_NAMES.contains(key)) {
        List<String> all = new ArrayList<>(known);
        all.addAll(MODIFIER_NAMES);
        throw new ConfigurationException(
            Places.of(step.get(key)), "no command '" + key + "'" + Names.hint(key, all));
      }
    }
    if (commands.size() != 1) {
      throw new ConfigurationException(
          Places.of(step),
          commands.isEmpty()
              ? "this step names no command"
              : "a step has one command; this one has " + Names.list(commands));
    }
    return commands.get(0);
  }

  private static Options modifiers(ConfigObject step, String command) {
    Map<String, Object> given = new LinkedHashMap<>(step.unwrapped());
    given.remove(command);
    given.remove(WHEN);
    try {
      return MapChecker.check(given, MODIFIERS, List.of(), "a step");
    } catch (InvalidOptionException e) {
      throw new ConfigurationException(Places.below(step, e.path()), e.getMessage());
    }
  }

  private static Map<String, Object> arguments(ConfigObject step, String command) {
    ConfigValue value = step.get(command);
    if (value instanceof ConfigObject object) {
      return object.unwrapped();
    }
    String scalar = RunnerCommands.scalarArgument(command);
    if (scalar != null && value.unwrapped() instanceof String text) {
      return Map.of(scalar, text);
    }
    throw new ConfigurationException(
        Places.of(value), "the arguments of '" + command + "' are an object: { NAME = VALUE ... }");
  }

  /** Why a step is left out; {@code null} when it is not. */
  private String skipped(ConfigObject step) {
    ConfigValue when = step.get(WHEN);
    if (when == null) {
      return null;
    }
    Object condition = when.unwrapped();
    if (condition instanceof Boolean b) {
      return b ? null : "when = false";
    }
    if (condition instanceof String text) {
      boolean negated = text.startsWith("!");
      String name = text.substring(negated ? 1 : 0).trim();
      if (!parameters.declared().containsKey(name)) {
        throw new ConfigurationException(
            Places.of(when),
            "there is no parameter '"
                + name
                + "'"
                + Names.hint(name, parameters.declared().keySet()));
      }
      Object value = parameters.values().get(name);
      boolean set = value != null && !Boolean.FALSE.equals(value);
      if (set != negated) {
        return null;
      }
      return "'" + name + "' is " + (set ? "set" : "not set");
    }
    throw new ConfigurationException(
        Places.of(when), "'when' is the name of a parameter, \"!NAME\", true or false");
  }
}
