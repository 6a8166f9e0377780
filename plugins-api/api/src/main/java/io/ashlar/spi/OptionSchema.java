package io.ashlar.spi;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options and children a driver knows. The engine checks values against it before the driver
 * sees them; the same schema serves HOCON files, QMP commands and Java callers.
 */
public final class OptionSchema {
  private final Map<String, OptionSpec> options;
  private final Map<String, ChildSpec> children;

  private OptionSchema(Map<String, OptionSpec> options, Map<String, ChildSpec> children) {
    this.options = options;
    this.children = children;
  }

  /** A schema without children. */
  public static OptionSchema of(OptionSpec... options) {
    return new OptionSchema(Map.of(), Map.of()).with(options);
  }

  /** The same schema with more options. */
  public OptionSchema with(OptionSpec... more) {
    Map<String, OptionSpec> all = new LinkedHashMap<>(options);
    for (OptionSpec option : more) {
      if (all.putIfAbsent(option.name(), option) != null || children.containsKey(option.name())) {
        throw new IllegalArgumentException("option " + option.name() + " is declared twice");
      }
    }
    return new OptionSchema(all, children);
  }

  /** The same schema with more children. */
  public OptionSchema withChildren(ChildSpec... more) {
    Map<String, ChildSpec> all = new LinkedHashMap<>(children);
    for (ChildSpec child : more) {
      if (all.putIfAbsent(child.role(), child) != null || options.containsKey(child.role())) {
        throw new IllegalArgumentException("child " + child.role() + " is declared twice");
      }
    }
    return new OptionSchema(options, all);
  }

  /** All options in order of declaration. */
  public List<OptionSpec> options() {
    return List.copyOf(options.values());
  }

  /** All children in order of declaration. */
  public List<ChildSpec> children() {
    return List.copyOf(children.values());
  }

  /** The option of a name. */
  public Optional<OptionSpec> option(String name) {
    return Optional.ofNullable(options.get(name));
  }

  /** The child of a role. */
  public Optional<ChildSpec> child(String role) {
    return Optional.ofNullable(children.get(role));
  }
}
