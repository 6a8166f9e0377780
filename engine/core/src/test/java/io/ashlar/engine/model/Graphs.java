package io.ashlar.engine.model;

import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.SpiLevel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Small graphs for tests of pure functions; their drivers cannot be opened. */
public final class Graphs {
  /** A format with a file and an optional backing file. */
  public static final BlockDriver FORMAT =
      driver(
          "format",
          OptionSchema.of(
                  OptionSpec.size("cache", "may change").reopenable(),
                  OptionSpec.size("fixed", "may not change"))
              .withChildren(
                  new ChildSpec("file", ChildKind.STORAGE, true, "storage"),
                  new ChildSpec("backing", ChildKind.BACKING, false, "backing")));

  /** A filter. */
  public static final BlockDriver FILTER =
      driver(
          "filter",
          OptionSchema.of()
              .withChildren(new ChildSpec("file", ChildKind.FILTERED, true, "filtered")));

  /** A protocol. */
  public static final BlockDriver PROTOCOL = driver("protocol", OptionSchema.of());

  private Graphs() {}

  /** A node without options. */
  public static NodeSpec node(String name, BlockDriver driver, Map<String, String> children) {
    return new NodeSpec(
        name,
        driver,
        NodeOptions.DEFAULTS,
        Options.none(),
        new LinkedHashMap<>(children),
        Set.of(),
        Set.of(),
        StatedOptions.NONE,
        false);
  }

  /** The same node, read-only or not. */
  public static NodeSpec readOnly(NodeSpec spec, boolean readOnly) {
    return new NodeSpec(
        spec.name(),
        spec.driver(),
        spec.nodeOptions().withReadOnly(readOnly),
        spec.options(),
        spec.children(),
        spec.detached(),
        spec.owned(),
        spec.stated(),
        spec.hidden());
  }

  /** The same node with other options. */
  public static NodeSpec options(NodeSpec spec, Map<String, ?> options) {
    return new NodeSpec(
        spec.name(),
        spec.driver(),
        spec.nodeOptions(),
        Options.of(options),
        spec.children(),
        spec.detached(),
        spec.owned(),
        spec.stated(),
        spec.hidden());
  }

  /**
   * {@code top} over {@code file}, with {@code base} over {@code base-file} as read-only backing.
   */
  public static GraphModel chain() {
    return GraphModel.EMPTY
        .plus(node("file", PROTOCOL, Map.of()))
        .plus(readOnly(node("base-file", PROTOCOL, Map.of()), true))
        .plus(readOnly(node("base", FORMAT, Map.of("file", "base-file")), true))
        .plus(node("top", FORMAT, Map.of("file", "file", "backing", "base")));
  }

  /** A device that writes. */
  public static DeviceSpec writer(String name, String node) {
    return new DeviceSpec(
        name,
        node,
        new Permissions(
            Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE),
            Permissions.ALL & ~Permission.WRITE.bit()),
        false);
  }

  /** A device that reads. */
  public static DeviceSpec reader(String name, String node) {
    return new DeviceSpec(
        name, node, new Permissions(Permission.CONSISTENT_READ.bit(), Permissions.ALL), false);
  }

  private static BlockDriver driver(String name, OptionSchema schema) {
    return new BlockDriver() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public int apiLevel() {
        return SpiLevel.CURRENT;
      }

      @Override
      public OptionSchema options() {
        return schema;
      }

      @Override
      public BlockNode open(OpenContext context) {
        throw new AssertionError("a planner opens nothing");
      }
    };
  }
}
