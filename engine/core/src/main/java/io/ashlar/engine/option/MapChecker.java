package io.ashlar.engine.option;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks maps of options against lists of what is known. */
public final class MapChecker {
  /** Takes keys of the top level that are no plain options, such as children. */
  public interface Special {
    /** Whether it took the key. */
    boolean take(String key, Object value, List<String> path);
  }

  private final List<OptionSpec> known;
  private final List<String> otherNames;
  private final Special special;
  private final String where;
  private final Map<String, Object> values = new LinkedHashMap<>();

  private MapChecker(
      List<OptionSpec> known, List<String> otherNames, Special special, String where) {
    this.known = known;
    this.otherNames = otherNames;
    this.special = special;
    this.where = where;
  }

  /**
   * The values of a map, with defaults.
   *
   * @param raw nested maps or dotted keys
   * @param path where the map stands
   * @param where what the map belongs to, for messages: "an element of 'inject-error'"
   * @throws InvalidOptionException for whatever is unknown, missing or wrong
   */
  public static Options check(
      Map<?, ?> raw, List<OptionSpec> known, List<String> path, String where) {
    return check(raw, known, path, where, List.of(), (key, value, here) -> false);
  }

  /**
   * The values of a map that also has keys of another kind.
   *
   * @param raw nested maps or dotted keys
   * @param otherNames the keys of the other kind, to be suggested for misspelt ones
   * @param special takes them
   */
  public static Options check(
      Map<?, ?> raw,
      List<OptionSpec> known,
      List<String> path,
      String where,
      List<String> otherNames,
      Special special) {
    return Options.of(
        checkTree(OptionTree.unfold(raw, path), known, path, where, otherNames, special));
  }

  /** The same for a map that is unfolded already. */
  static Map<String, Object> checkTree(
      Map<String, Object> tree,
      List<OptionSpec> known,
      List<String> path,
      String where,
      List<String> otherNames,
      Special special) {
    MapChecker checker = new MapChecker(known, otherNames, special, where);
    checker.walk(tree, "", path);
    checker.complete(path);
    return checker.values;
  }

  private void walk(Map<?, ?> tree, String prefix, List<String> path) {
    tree.forEach(
        (key, value) -> {
          String name = prefix + key;
          List<String> here = OptionTree.plus(path, (String) key);
          if (!prefix.isEmpty() || !special.take(name, value, here)) {
            take(name, value, here);
          }
        });
  }

  private void take(String name, Object value, List<String> path) {
    Optional<OptionSpec> option = known.stream().filter(o -> o.name().equals(name)).findFirst();
    boolean family = known.stream().anyMatch(o -> o.name().startsWith(name + "."));
    if (value instanceof Map<?, ?> map && family) {
      walk(map, name + ".", path);
    } else if (option.isPresent()) {
      if (value == null) {
        throw ValueChecker.wrong(option.get(), null, "left out or have a value", path);
      }
      values.put(name, ValueChecker.check(option.get(), value, path));
    } else if (family) {
      throw new InvalidOptionException(
          path, "'" + name + "' must be an object, not " + ValueChecker.shown(value));
    } else {
      throw new InvalidOptionException(
          path,
          where + " has no option '" + Texts.printable(name) + "'" + Names.hint(name, allNames()));
    }
  }

  private List<String> allNames() {
    List<String> names = new ArrayList<>(known.stream().map(OptionSpec::name).toList());
    names.addAll(otherNames);
    return names;
  }

  private void complete(List<String> path) {
    for (OptionSpec option : known) {
      if (!values.containsKey(option.name())) {
        if (option.required()) {
          throw new InvalidOptionException(
              path, where + " needs '" + option.name() + "': " + option.doc());
        }
        if (option.defaultValue() != null) {
          values.put(option.name(), option.defaultValue());
        }
      }
    }
  }
}
