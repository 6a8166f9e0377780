package io.ashlar.engine.command;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.option.GenericOptions;
import io.ashlar.engine.option.MapChecker;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks the arguments of commands. Touches no file and no graph. */
final class CommandChecker {
  private static final List<OptionSpec> BITMAP =
      List.of(
          OptionSpec.string("node", "the node it belongs to").mandatory(),
          OptionSpec.string("name", "its name").mandatory());

  private CommandChecker() {}

  /** Checks what can be checked without knowing the drivers. */
  static Arguments arguments(CommandSpec spec, Map<String, ?> raw) {
    if (spec.definition()) {
      return new Arguments(Options.none(), Map.of(), raw);
    }
    Map<String, Object> objects = new LinkedHashMap<>();
    List<String> names = spec.objects().stream().map(ObjectArgument::name).toList();
    Options values =
        MapChecker.check(
            raw,
            spec.arguments(),
            List.of(),
            "'" + spec.name() + "'",
            names,
            (key, value, path) ->
                names.contains(key) && objects.put(key, nonNull(value, path)) == null);
    for (ObjectArgument object : spec.objects()) {
      if (!objects.containsKey(object.name())) {
        throw new InvalidOptionException(
            List.of(), "'" + spec.name() + "' needs '" + object.name() + "': " + object.doc());
      }
      shape(object, objects.get(object.name()));
    }
    return new Arguments(values, objects, raw);
  }

  /** Checks the definitions of nodes among the arguments against the schemas of their drivers. */
  static void definitions(CommandSpec spec, Arguments arguments, OptionChecker checker) {
    if (spec.definition()) {
      checker.checkNode(NodeDefinition.of(arguments.raw()), () -> 0);
    }
    for (ObjectArgument object : spec.objects()) {
      Object value = arguments.objects().get(object.name());
      List<String> path = List.of(object.name());
      switch (object.form()) {
        case DEFINITION ->
            within(path, () -> checker.checkNode(NodeDefinition.of(map(value)), () -> 0));
        case REOPENED -> {
          List<NodeDefinition> all = reopened(value);
          for (int i = 0; i < all.size(); i++) {
            NodeDefinition one = all.get(i);
            within(List.of(object.name(), Integer.toString(i)), () -> checker.checkReopen(one));
          }
        }
        case CREATION -> within(path, () -> creation(map(value), checker));
        case BITMAPS, ACTIONS -> {}
      }
    }
  }

  /** Runs a check of a part of the arguments; its errors get the path of the part. */
  static void within(List<String> prefix, Runnable check) {
    try {
      check.run();
    } catch (InvalidOptionException e) {
      List<String> path = new ArrayList<>(prefix);
      path.addAll(e.path());
      throw new InvalidOptionException(e.code(), path, e.getMessage());
    }
  }

  /** The bitmaps of a {@code BITMAPS} argument, as pairs of node (or null) and name. */
  static List<Map.Entry<String, String>> bitmaps(Object value) {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    List<?> list = (List<?>) value;
    for (int i = 0; i < list.size(); i++) {
      List<String> path = List.of("bitmaps", Integer.toString(i));
      if (list.get(i) instanceof String name) {
        all.add(new AbstractMap.SimpleEntry<>(null, name));
      } else if (list.get(i) instanceof Map<?, ?> map) {
        Options o = MapChecker.check(map, BITMAP, path, "a bitmap");
        all.add(new AbstractMap.SimpleEntry<>(o.string("node"), o.string("name")));
      } else {
        throw new InvalidOptionException(
            path, "a bitmap is its name, or an object with 'node' and 'name'");
      }
    }
    return all;
  }

  static List<NodeDefinition> reopened(Object value) {
    return ((List<?>) value).stream().map(one -> NodeDefinition.of(map(one))).toList();
  }

  /** A map whose keys are text. */
  @SuppressWarnings("unchecked") // shape() and the unfolding of options have looked at the keys
  static Map<String, ?> map(Object value) {
    return (Map<String, ?>) value;
  }

  private static void creation(Map<String, ?> options, OptionChecker checker) {
    checker.checkCreate(
        checker.driver(driverOf(options), List.of(GenericOptions.DRIVER)),
        withoutDriver(options),
        () -> 0);
  }

  static String driverOf(Map<String, ?> options) {
    if (options.get(GenericOptions.DRIVER) instanceof String name) {
      return name;
    }
    throw new InvalidOptionException(List.of(), "'options' needs a 'driver' (text)");
  }

  static Map<String, Object> withoutDriver(Map<String, ?> options) {
    Map<String, Object> rest = new LinkedHashMap<>(options);
    rest.remove(GenericOptions.DRIVER);
    return rest;
  }

  private static void shape(ObjectArgument object, Object value) {
    List<String> path = List.of(object.name());
    boolean list =
        switch (object.form()) {
          case DEFINITION, CREATION -> false;
          case REOPENED, BITMAPS, ACTIONS -> true;
        };
    if (list != (value instanceof List<?>) || (!list && !(value instanceof Map<?, ?>))) {
      throw new InvalidOptionException(
          path, "'" + object.name() + "' must be " + (list ? "a list" : "an object"));
    }
    switch (object.form()) {
      case REOPENED -> {
        if (!((List<?>) value).stream().allMatch(Map.class::isInstance)) {
          throw new InvalidOptionException(path, "'" + object.name() + "' must hold objects");
        }
      }
      case BITMAPS -> bitmaps(value);
      case ACTIONS -> TransactionCommand.actions(value);
      case DEFINITION, CREATION -> {}
    }
  }

  private static Object nonNull(Object value, List<String> path) {
    if (value == null) {
      throw new InvalidOptionException(
          ErrorCode.INVALID_OPTION, path, "'" + path.get(path.size() - 1) + "' cannot be null");
    }
    return value;
  }
}
