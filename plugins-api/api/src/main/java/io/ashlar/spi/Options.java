package io.ashlar.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Checked values of a driver's options, defaults filled in. Values are {@code Boolean}, {@code
 * Long} (INTEGER, SIZE), {@code String} (STRING, ENUM), {@code List<String>} or {@code
 * List<Options>}. Immutable.
 */
public final class Options {
  private final Map<String, Object> values;

  private Options(Map<String, Object> values) {
    this.values = values;
  }

  /** Values by option name; the caller has checked them against the schema. */
  public static Options of(Map<String, ?> values) {
    Map<String, Object> copy = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          if (value != null) {
            copy.put(name, value);
          }
        });
    return new Options(copy);
  }

  /** No values. */
  public static Options none() {
    return new Options(Map.of());
  }

  /** Whether a value (or default) is there. */
  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** A BOOLEAN; absent counts as false. */
  public boolean bool(String name) {
    return Boolean.TRUE.equals(values.get(name));
  }

  /** An INTEGER or SIZE that is there. */
  public long number(String name) {
    return (Long) present(name);
  }

  /** An INTEGER or SIZE. */
  public OptionalLong optionalNumber(String name) {
    return values.get(name) instanceof Long n ? OptionalLong.of(n) : OptionalLong.empty();
  }

  /** A STRING or ENUM that is there. */
  public String string(String name) {
    return (String) present(name);
  }

  /** A STRING or ENUM. */
  public Optional<String> optionalString(String name) {
    return values.get(name) instanceof String s ? Optional.of(s) : Optional.empty();
  }

  /** A STRING_LIST; absent counts as empty. */
  public List<String> strings(String name) {
    return values.get(name) instanceof List<?> list
        ? list.stream().map(String.class::cast).toList()
        : List.of();
  }

  /** An OBJECT_LIST; absent counts as empty. */
  public List<Options> objects(String name) {
    return values.get(name) instanceof List<?> list
        ? list.stream().map(Options.class::cast).toList()
        : List.of();
  }

  /** All values by name, for display. */
  public Map<String, Object> asMap() {
    return Map.copyOf(values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Options o && o.values.equals(values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  private Object present(String name) {
    return Objects.requireNonNull(values.get(name), () -> "option " + name + " has no value");
  }
}
