package io.ashlar.cli.run;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.command.CommandSpec;
import io.ashlar.engine.option.MapChecker;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The commands that graph files have beside those of QMP: guest I/O, comparing, expecting. */
final class RunnerCommands {
  /** Kills a process. */
  static final String CRASH = "crash";

  /** Lets QEMU write. */
  static final String QEMU_IO = "qemu-io";

  private static final OptionSpec NODE =
      OptionSpec.string("node", "the node, as a guest sees it").mandatory();
  private static final OptionSpec OFFSET =
      OptionSpec.size("offset", "where, in bytes").withDefault(0L);
  private static final OptionSpec LENGTH =
      OptionSpec.size("length", "bytes a request").between(1, Long.MAX_VALUE).withDefault(65536L);
  private static final OptionSpec COUNT =
      OptionSpec.integer("count", "number of requests").between(1, 1L << 32).withDefault(1L);
  private static final OptionSpec STEP =
      OptionSpec.size("step", "bytes from one request to the next; the length if left out");
  private static final OptionSpec RANDOM =
      OptionSpec.integer("random", "places are drawn at random from this seed instead");
  private static final OptionSpec RANGE =
      OptionSpec.size(
              "range", "bytes from the offset in which they are drawn, at most up to the end")
          .between(1, Long.MAX_VALUE);
  private static final OptionSpec SEED =
      OptionSpec.integer("seed", "random bytes, a function of this number and the place");

  private static final Map<String, CommandSpec> ALL = new LinkedHashMap<>();

  static {
    add(
        "write",
        "guest writes",
        NODE,
        OFFSET,
        LENGTH,
        COUNT,
        STEP,
        RANDOM,
        RANGE,
        byteOption("pattern", "each byte"),
        SEED,
        OptionSpec.bool("rewrite", false, "reads and writes back what is there"));
    add(
        "read",
        "guest reads",
        NODE,
        OFFSET,
        LENGTH,
        COUNT,
        STEP,
        RANDOM,
        RANGE,
        byteOption("expect-pattern", "each byte must be this"),
        OptionSpec.integer("expect-seed", "the bytes must be what write makes of this seed"));
    add(
        "write-zeroes",
        "makes a range read as zeroes",
        NODE,
        OFFSET,
        LENGTH,
        OptionSpec.bool("unmap", false, "the space may be given back"));
    add("discard", "gives a range up", NODE, OFFSET, LENGTH);
    add("flush", "makes finished writes durable", NODE);
    add("compare", "compares two nodes byte by byte; a definition is opened for it");
    add(
        "expect",
        "asks and compares the answer",
        OptionSpec.string("query", "the command that is asked").mandatory(),
        OptionSpec.string("path", "part of the answer: KEY, [N], [KEY=VALUE], joined by dots")
            .mandatory());
    add(
        "wait-job",
        "waits for the end of a job or of a step that runs in the background",
        OptionSpec.string("id", "the job, or the name of the step").mandatory());
    add(
        CRASH,
        "carries nodes and steps out in a process of its own and kills that without warning",
        OptionSpec.integer(
                "after-ms", "how long it goes on when its steps are done, in milliseconds")
            .between(0, 3_600_000)
            .withDefault(0L));
    add(
        QEMU_IO,
        "runs commands of QEMU's qemu-io on an image that no node has open",
        OptionSpec.string("filename", "the image").mandatory(),
        OptionSpec.string("format", "its format").withDefault("qcow2"));
    add("print", "prints a text", OptionSpec.string("text", "the text").mandatory());
  }

  private static final Map<String, List<String>> OBJECTS =
      Map.of(
          "compare",
          List.of("a", "b"),
          "expect",
          List.of("arguments", "value"),
          CRASH,
          List.of("graph", "run"),
          QEMU_IO,
          List.of("commands"));
  private static final Map<String, String> SCALAR =
      Map.of("print", "text", "flush", "node", "wait-job", "id");
  private static final Set<String> GUEST_IO = Set.of("write", "read");

  private RunnerCommands() {}

  /**
   * Checked arguments.
   *
   * @param values the plain ones
   * @param objects the others
   */
  record Checked(Options values, Map<String, Object> objects) {}

  /** What there is. */
  static Collection<CommandSpec> specs() {
    return ALL.values();
  }

  static Set<String> names() {
    return ALL.keySet();
  }

  static boolean isGuestIo(String command) {
    return GUEST_IO.contains(command);
  }

  /** The argument that a text instead of an object means, or {@code null}. */
  static String scalarArgument(String command) {
    return SCALAR.get(command);
  }

  /** Checks the arguments of one of these commands. */
  static Checked check(String command, Map<String, Object> raw) {
    List<String> names = OBJECTS.getOrDefault(command, List.of());
    Map<String, Object> objects = new LinkedHashMap<>();
    Options values =
        MapChecker.check(
            raw,
            ALL.get(command).arguments(),
            List.of(),
            "'" + command + "'",
            names,
            (key, value, path) -> {
              boolean ours = names.contains(key);
              if (ours) {
                objects.put(key, value);
              }
              return ours;
            });
    switch (command) {
      case "write" -> oneOf(raw, "pattern", "seed", "rewrite");
      case "read" -> atMostOne(raw, "expect-pattern", "expect-seed");
      case "compare" -> sides(objects);
      case "expect" -> expectation(values, objects);
      case CRASH -> requireList(command, "run", objects);
      case QEMU_IO -> {
        if (!requireList(command, "commands", objects).stream()
            .allMatch(String.class::isInstance)) {
          throw new InvalidOptionException(
              List.of("commands"), "'commands' holds commands of qemu-io, each one text");
        }
      }
      default -> {}
    }
    if (values.has("step") && values.has("random")) {
      throw new InvalidOptionException(List.of("step"), "'step' and 'random' exclude each other");
    }
    return new Checked(values, objects);
  }

  /** Checks definitions of nodes among the arguments. */
  static void definitions(Checked checked, OptionChecker checker) {
    for (String side : List.of("a", "b")) {
      if (checked.objects().get(side) instanceof Map<?, ?> definition) {
        try {
          checker.checkNode(CompareStep.named(definition, side), () -> 0);
        } catch (InvalidOptionException e) {
          List<String> path = new ArrayList<>(List.of(side));
          path.addAll(e.path());
          throw new InvalidOptionException(e.code(), path, e.getMessage());
        }
      }
    }
  }

  private static void sides(Map<String, Object> objects) {
    for (String side : List.of("a", "b")) {
      Object value = objects.get(side);
      if (!(value instanceof String) && !(value instanceof Map<?, ?>)) {
        throw new InvalidOptionException(
            value == null ? List.of() : List.of(side),
            "'compare' needs '" + side + "': the name of a node, or a definition");
      }
    }
  }

  private static List<?> requireList(String command, String name, Map<String, Object> objects) {
    if (objects.get(name) instanceof List<?> list && !list.isEmpty()) {
      return list;
    }
    throw new InvalidOptionException(
        objects.containsKey(name) ? List.of(name) : List.of(),
        "'" + command + "' needs '" + name + "', a list of at least one");
  }

  private static void expectation(Options values, Map<String, Object> objects) {
    if (!objects.containsKey("value")) {
      throw new InvalidOptionException(List.of(), "'expect' needs 'value'");
    }
    if (objects.containsKey("arguments") && !(objects.get("arguments") instanceof Map<?, ?>)) {
      throw new InvalidOptionException(List.of("arguments"), "'arguments' must be an object");
    }
    String query = values.string("query");
    if (!query.contains("query-") && !query.startsWith("x-debug-")) {
      throw new InvalidOptionException(
          List.of("query"), "'" + query + "' is not a query; it would change something");
    }
    AnswerPath.parse(values.string("path"));
  }

  private static void oneOf(Map<String, Object> raw, String... names) {
    atMostOne(raw, names);
    for (String name : names) {
      if (raw.containsKey(name)) {
        return;
      }
    }
    throw new InvalidOptionException(
        List.of(), "say what is to be written: one of " + String.join(", ", names));
  }

  private static void atMostOne(Map<String, Object> raw, String... names) {
    String first = null;
    for (String name : names) {
      if (raw.containsKey(name)) {
        if (first != null) {
          throw new InvalidOptionException(
              List.of(name), "'" + first + "' and '" + name + "' exclude each other");
        }
        first = name;
      }
    }
  }

  private static OptionSpec byteOption(String name, String doc) {
    return OptionSpec.size(name, doc).between(0, 255);
  }

  private static void add(String name, String doc, OptionSpec... arguments) {
    ALL.put(name, new CommandSpec(name, doc, false, List.of(arguments), List.of(), false));
  }
}
