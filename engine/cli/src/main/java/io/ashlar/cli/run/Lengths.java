package io.ashlar.cli.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Fills in the length of a node where a step says <code>{ length-of = NODE }</code>. */
final class Lengths {
  private static final String KEY = "length-of";

  private Lengths() {}

  /**
   * The arguments with numbers in place of those objects.
   *
   * @param lengths gives the length of a node in bytes
   */
  static Map<String, Object> fill(Map<String, Object> arguments, ToLongFunction<String> lengths) {
    Map<String, Object> filled = new LinkedHashMap<>();
    arguments.forEach((key, value) -> filled.put(key, filled(value, lengths)));
    return filled;
  }

  private static Object filled(Object value, ToLongFunction<String> lengths) {
    if (value instanceof Map<?, ?> map) {
      if (map.size() == 1 && map.get(KEY) instanceof String node) {
        return lengths.applyAsLong(node);
      }
      Map<Object, Object> filled = new LinkedHashMap<>();
      map.forEach((key, inner) -> filled.put(key, filled(inner, lengths)));
      return filled;
    }
    if (value instanceof List<?> list) {
      // Not Stream.toList: a graph file may hold nulls.
      List<Object> filled = new ArrayList<>(list.size());
      list.forEach(inner -> filled.add(filled(inner, lengths)));
      return filled;
    }
    return value;
  }
}
