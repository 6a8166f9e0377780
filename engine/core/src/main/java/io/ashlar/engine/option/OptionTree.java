package io.ashlar.engine.option;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.spi.Texts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Turns dotted keys into nested maps, so that both ways of writing mean the same. */
final class OptionTree {
  /** Deeper nesting than any graph has; keeps hostile input off the stack. */
  private static final int DEEPEST = 256;

  private OptionTree() {}

  /**
   * The same options with nested maps alone.
   *
   * @param path where the map stands
   */
  static Map<String, Object> unfold(Map<?, ?> raw, List<String> path) {
    if (path.size() > DEEPEST) {
      throw new InvalidOptionException(path, "options are nested deeper than " + DEEPEST);
    }
    Map<String, Object> tree = new LinkedHashMap<>();
    raw.forEach(
        (key, value) -> {
          if (!(key instanceof String name)) {
            throw new InvalidOptionException(path, "an option's name must be text, not " + key);
          }
          List<String> parts = Arrays.asList(name.split("\\.", -1));
          if (parts.contains("")) {
            throw new InvalidOptionException(
                plus(path, name), "'" + Texts.printable(name) + "' is not the name of an option");
          }
          put(tree, parts, value, path);
        });
    return tree;
  }

  private static void put(
      Map<String, Object> tree, List<String> parts, Object value, List<String> path) {
    String key = parts.get(0);
    List<String> here = plus(path, key);
    Object inner = parts.size() > 1 ? nested(parts.subList(1, parts.size()), value) : value;
    Object unfolded = inner instanceof Map<?, ?> map ? unfold(map, here) : inner;
    if (!tree.containsKey(key)) {
      tree.put(key, unfolded);
    } else if (tree.get(key) instanceof Map<?, ?> old && unfolded instanceof Map<?, ?> more) {
      tree.put(key, merged(old, more, here));
    } else {
      throw new InvalidOptionException(
          here, "'" + Texts.printable(key) + "' is given twice, once with a dot");
    }
  }

  private static Map<String, Object> nested(List<String> parts, Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(String.join(".", parts), value);
    return map;
  }

  private static Map<String, Object> merged(Map<?, ?> a, Map<?, ?> b, List<String> path) {
    Map<String, Object> all = new LinkedHashMap<>();
    a.forEach((key, value) -> all.put((String) key, value));
    b.forEach((key, value) -> put(all, List.of((String) key), value, path));
    return all;
  }

  static List<String> plus(List<String> path, String key) {
    List<String> longer = new ArrayList<>(path.size() + 1);
    longer.addAll(path);
    longer.add(key);
    return longer;
  }
}
