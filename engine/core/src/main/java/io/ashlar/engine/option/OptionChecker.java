package io.ashlar.engine.option;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.DetectZeroes;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.Texts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Checks definitions of nodes against the schemas of their drivers. A pure function of its
 * arguments: it touches no file and knows no graph. Whatever is wrong ends in an {@link
 * InvalidOptionException} with the path of the option and, for a name that is not known, the
 * nearest one that is.
 */
public final class OptionChecker {
  private final Drivers drivers;

  /** A checker for these drivers. */
  public OptionChecker(Drivers drivers) {
    this.drivers = drivers;
  }

  /**
   * Checks the arguments of {@code blockdev-add}.
   *
   * @param numbers gives the number of the next generated name
   */
  public CheckedNode checkNode(NodeDefinition definition, LongSupplier numbers) {
    return new Run(numbers, false).top(definition.arguments());
  }

  /**
   * Checks the arguments of one node of {@code blockdev-reopen}: its name must be given; nested
   * children without a name mean the present ones; children that are not named stay.
   */
  public CheckedNode checkReopen(NodeDefinition definition) {
    return new Run(() -> 0, true).top(definition.arguments());
  }

  /**
   * Checks the options of {@code blockdev-create}.
   *
   * @throws io.ashlar.spi.BlockException NOT_SUPPORTED when the driver cannot create
   */
  public CheckedCreate checkCreate(
      BlockDriver driver, Map<String, ?> options, LongSupplier numbers) {
    OptionSchema schema =
        driver
            .createOptions()
            .orElseThrow(
                () ->
                    new InvalidOptionException(
                        ErrorCode.NOT_SUPPORTED,
                        List.of(GenericOptions.DRIVER),
                        "driver '" + driver.name() + "' cannot create images"));
    return new Run(numbers, false).create(driver, schema, options);
  }

  /**
   * A driver by its name.
   *
   * @throws InvalidOptionException DRIVER_NOT_FOUND
   */
  public BlockDriver driver(String name, List<String> path) {
    return drivers
        .lookUp(name)
        .orElseThrow(
            () ->
                new InvalidOptionException(
                    ErrorCode.DRIVER_NOT_FOUND,
                    path,
                    "no driver '"
                        + Texts.printable(name)
                        + "'"
                        + Names.hint(name, drivers.names())));
  }

  /** One check; remembers the names it has met. */
  private final class Run {
    private final LongSupplier numbers;
    private final boolean reopen;
    private final Set<String> names = new HashSet<>();

    Run(LongSupplier numbers, boolean reopen) {
      this.numbers = numbers;
      this.reopen = reopen;
    }

    CheckedNode top(Map<String, ?> raw) {
      Map<String, Object> tree = OptionTree.unfold(raw, List.of());
      return node(tree, List.of(), null, null);
    }

    CheckedCreate create(BlockDriver driver, OptionSchema schema, Map<String, ?> raw) {
      Map<String, CheckedChild> children = new LinkedHashMap<>();
      Map<String, Object> tree = OptionTree.unfold(raw, List.of());
      Map<String, Object> values =
          MapChecker.checkTree(
              tree,
              schema.options(),
              List.of(),
              "the creation of a " + driver.name() + " image",
              roles(schema),
              (key, value, path) ->
                  child(schema, key, value, path, NodeOptions.DEFAULTS, children));
      requireChildren(driver, schema, children, List.of());
      return new CheckedCreate(driver, Options.of(values), children);
    }

    private CheckedNode node(
        Map<String, Object> tree, List<String> path, NodeOptions parent, ChildKind kind) {
      BlockDriver driver = driverOf(tree, path);
      OptionSchema schema = driver.options();
      List<OptionSpec> known = new ArrayList<>(GenericOptions.SCHEMA);
      known.addAll(schema.options());
      Map<String, Object> nested = new LinkedHashMap<>();
      Map<String, Object> values =
          MapChecker.checkTree(
              tree,
              known,
              path,
              "driver '" + driver.name() + "'",
              roles(schema),
              (key, value, here) -> {
                boolean isChild = schema.child(key).isPresent();
                if (isChild) {
                  nested.put(key, value);
                }
                return isChild;
              });
      String name = name(values, path);
      StatedOptions stated = GenericOptions.stated(values);
      NodeOptions options = parent == null ? stated.alone() : stated.under(parent, kind);
      consistent(stated, options, kind, path);
      Map<String, CheckedChild> children = new LinkedHashMap<>();
      nested.forEach(
          (role, value) ->
              child(schema, role, value, OptionTree.plus(path, role), options, children));
      if (!reopen) {
        requireChildren(driver, schema, children, path);
      }
      GenericOptions.SCHEMA.forEach(generic -> values.remove(generic.name()));
      return new CheckedNode(name, driver, options, Options.of(values), children, stated);
    }

    private BlockDriver driverOf(Map<String, Object> tree, List<String> path) {
      Object name = tree.get(GenericOptions.DRIVER);
      List<String> here = OptionTree.plus(path, GenericOptions.DRIVER);
      if (name == null) {
        Names.nearest(GenericOptions.DRIVER, tree.keySet())
            .ifPresent(
                key -> {
                  throw new InvalidOptionException(
                      OptionTree.plus(path, key),
                      "a node has no option '" + key + "'; did you mean 'driver'?");
                });
        throw new InvalidOptionException(
            path, "a node needs a 'driver'; there are: " + Names.list(drivers.names()));
      }
      OptionSpec spec = GenericOptions.SCHEMA.get(0);
      return driver((String) ValueChecker.check(spec, name, here), here);
    }

    private String name(Map<String, Object> values, List<String> path) {
      List<String> here = OptionTree.plus(path, GenericOptions.NODE_NAME);
      String name = (String) values.get(GenericOptions.NODE_NAME);
      if (name == null && path.isEmpty()) {
        throw new InvalidOptionException(path, "a node needs a 'node-name'");
      }
      if (name == null) {
        return reopen ? null : NodeName.generated(numbers.getAsLong());
      }
      // A reopen names what is there, generated names too.
      if (!(reopen && name.startsWith("#"))) {
        NodeName.require(name, here);
      }
      if (!names.add(name)) {
        throw new InvalidOptionException(
            ErrorCode.NODE_EXISTS, here, "two nodes are named '" + name + "'");
      }
      return name;
    }

    private boolean child(
        OptionSchema schema,
        String role,
        Object value,
        List<String> path,
        NodeOptions parent,
        Map<String, CheckedChild> into) {
      ChildSpec spec = schema.child(role).orElse(null);
      if (spec == null) {
        return false;
      }
      into.put(role, checkedChild(spec, value, path, parent));
      return true;
    }

    private CheckedChild checkedChild(
        ChildSpec spec, Object value, List<String> path, NodeOptions parent) {
      if (value == null && !spec.required()) {
        return new CheckedChild.Detached();
      }
      if (value instanceof String name && !name.isBlank()) {
        return new CheckedChild.ByName(name);
      }
      if (value instanceof Map<?, ?> map) {
        Map<String, Object> tree = OptionTree.unfold(map, path);
        return new CheckedChild.Inline(node(tree, path, parent, spec.kind()));
      }
      throw new InvalidOptionException(
          path,
          "child '"
              + spec.role()
              + "' must be the name of a node or a nested definition"
              + (spec.required() ? "" : " or null")
              + ", not "
              + ValueChecker.shown(value));
    }
  }

  private static List<String> roles(OptionSchema schema) {
    return schema.children().stream().map(ChildSpec::role).toList();
  }

  private static void requireChildren(
      BlockDriver driver,
      OptionSchema schema,
      Map<String, CheckedChild> children,
      List<String> path) {
    for (ChildSpec child : schema.children()) {
      if (child.required() && !children.containsKey(child.role())) {
        throw new InvalidOptionException(
            path,
            "driver '"
                + driver.name()
                + "' needs the child '"
                + child.role()
                + "': "
                + child.doc());
      }
    }
  }

  /** Refuses generic options that contradict each other. */
  private static void consistent(
      StatedOptions stated, NodeOptions options, ChildKind kind, List<String> path) {
    if (kind == ChildKind.BACKING && Boolean.FALSE.equals(stated.readOnly())) {
      throw new InvalidOptionException(
          OptionTree.plus(path, "read-only"),
          "a nested backing node is read-only; to write to it, add it by itself and give its name");
    }
    if (options.forceShare() && !options.readOnly()) {
      throw new InvalidOptionException(
          OptionTree.plus(path, "force-share"),
          "force-share can only be used with read-only images; add read-only = true");
    }
    if (options.detectZeroes() == DetectZeroes.UNMAP && !options.discardUnmap()) {
      throw new InvalidOptionException(
          OptionTree.plus(path, "detect-zeroes"), "detect-zeroes = unmap needs discard = unmap");
    }
  }
}
