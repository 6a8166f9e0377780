package io.ashlar.engine.option;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.Texts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** Checks single values and turns them into what {@link Options} holds. */
public final class ValueChecker {
  /** More elements than any list of options has. */
  private static final int LONGEST_LIST = 65536;

  private static final Set<String> TRUE = Set.of("on", "yes", "true", "y");
  private static final Set<String> FALSE = Set.of("off", "no", "false", "n");

  private ValueChecker() {}

  /**
   * The value of an option as a {@code Boolean}, {@code Long}, {@code String}, {@code List<String>}
   * or {@code List<Options>}.
   *
   * @param value as it comes from a file or caller; not {@code null}
   * @param path where it stands
   * @throws InvalidOptionException when it is of another type, out of range or not one of the words
   */
  public static Object check(OptionSpec option, Object value, List<String> path) {
    return switch (option.type()) {
      case BOOLEAN -> bool(option, value, path);
      case INTEGER, SIZE -> number(option, value, path);
      case STRING -> string(option, value, path);
      case ENUM -> word(option, value, path);
      case STRING_LIST -> strings(option, value, path);
      case OBJECT_LIST -> objects(option, value, path);
    };
  }

  private static Boolean bool(OptionSpec option, Object value, List<String> path) {
    if (value instanceof Boolean b) {
      return b;
    }
    if (value instanceof String s) {
      String word = s.toLowerCase(Locale.ROOT);
      if (TRUE.contains(word)) {
        return true;
      }
      if (FALSE.contains(word)) {
        return false;
      }
    }
    throw wrong(option, value, "true or false", path);
  }

  private static Long number(OptionSpec option, Object value, List<String> path) {
    boolean size =
        switch (option.type()) {
          case SIZE -> true;
          case BOOLEAN, INTEGER, STRING, ENUM, STRING_LIST, OBJECT_LIST -> false;
        };
    OptionalLong parsed = size ? sizeOf(value) : wholeOf(value);
    if (parsed.isEmpty()) {
      String wanted = size ? "a size in bytes, such as 65536, 64k or 10G" : "a whole number";
      throw wrong(option, value, wanted, path);
    }
    long n = parsed.getAsLong();
    if (n < option.minimum() || n > option.maximum()) {
      String bounds =
          option.maximum() == Long.MAX_VALUE
              ? "at least " + option.minimum()
              : "from " + option.minimum() + " to " + option.maximum();
      throw wrong(option, value, bounds, path);
    }
    return n;
  }

  private static OptionalLong sizeOf(Object value) {
    return value instanceof String s ? Sizes.parse(s.trim()) : wholeOf(value);
  }

  private static OptionalLong wholeOf(Object value) {
    if (value instanceof Long || value instanceof Integer || value instanceof Short) {
      return OptionalLong.of(((Number) value).longValue());
    }
    if (value instanceof Number n) {
      double d = n.doubleValue();
      return d == Math.rint(d) && Math.abs(d) < 0x1p53
          ? OptionalLong.of((long) d)
          : OptionalLong.empty();
    }
    if (value instanceof String s) {
      try {
        return OptionalLong.of(Long.parseLong(s.trim()));
      } catch (NumberFormatException e) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }

  private static String string(OptionSpec option, Object value, List<String> path) {
    if (value instanceof String s) {
      return s;
    }
    if (value instanceof Number || value instanceof Boolean) {
      throw wrong(option, value, "text: put it in quotes", path);
    }
    throw wrong(option, value, "text", path);
  }

  private static String word(OptionSpec option, Object value, List<String> path) {
    Object text = value instanceof Boolean b ? (b ? "on" : "off") : value;
    if (text instanceof String s) {
      if (option.words().contains(s)) {
        return s;
      }
      throw new InvalidOptionException(
          path,
          "'" + option.name() + "' cannot be " + shown(value) + Names.hint(s, option.words()));
    }
    throw wrong(option, value, "one of " + Names.list(option.words()), path);
  }

  private static List<String> strings(OptionSpec option, Object value, List<String> path) {
    List<?> list = list(option, value, "a list of texts", path);
    List<String> texts = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      texts.add(string(option, list.get(i), OptionTree.plus(path, Integer.toString(i))));
    }
    return List.copyOf(texts);
  }

  private static List<Options> objects(OptionSpec option, Object value, List<String> path) {
    List<?> list = list(option, value, "a list of objects", path);
    List<Options> objects = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      List<String> here = OptionTree.plus(path, Integer.toString(i));
      if (!(list.get(i) instanceof Map<?, ?> map)) {
        throw wrong(option, list.get(i), "a list of objects", here);
      }
      objects.add(
          MapChecker.check(map, option.elements(), here, "an element of '" + option.name() + "'"));
    }
    return List.copyOf(objects);
  }

  private static List<?> list(OptionSpec option, Object value, String wanted, List<String> path) {
    if (!(value instanceof List<?> list)) {
      throw wrong(option, value, wanted, path);
    }
    if (list.size() > LONGEST_LIST) {
      throw new InvalidOptionException(
          path, "'" + option.name() + "' has more than " + LONGEST_LIST + " elements");
    }
    return list;
  }

  static InvalidOptionException wrong(
      OptionSpec option, Object value, String wanted, List<String> path) {
    return new InvalidOptionException(
        path, "'" + option.name() + "' must be " + wanted + ", not " + shown(value));
  }

  /** A value for a message, short. */
  static String shown(Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof Map<?, ?>) {
      return "an object";
    }
    if (value instanceof List<?>) {
      return "a list";
    }
    return value instanceof String s
        ? "'" + Texts.printable(s) + "'"
        : Texts.printable(value.toString());
  }
}
