package io.ashlar.driver.throttle;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.Environment;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.SpiLevel;

/**
 * The filter {@code throttle}. Nodes that name the same {@code throttle-group} share its limits.
 * QEMU makes the group with {@code object-add}; here the first node that gives limits sets them,
 * others leave them out or repeat them, and a reopen of any node of the group may change them.
 */
public final class ThrottleDriver implements BlockDriver {
  /** The child whose content the node shows. */
  static final String FILE = "file";

  private static final String GROUP = "throttle-group";

  private static final OptionSchema SCHEMA =
      OptionSchema.of(
              OptionSpec.string(GROUP, "name of the group of nodes that share limits")
                  .mandatory()
                  .reopenable())
          .with(ThrottleLimits.specs())
          .withChildren(new ChildSpec(FILE, ChildKind.FILTERED, true, "the node that is limited"));

  /** For {@link java.util.ServiceLoader}. */
  public ThrottleDriver() {}

  @Override
  public String name() {
    return "throttle";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return SCHEMA;
  }

  @Override
  public BlockNode open(OpenContext context) {
    ThrottleGroup group = group(context, context.options());
    ThrottleLimits.parse(context.options()).ifPresent(group::define);
    return ThrottleNode.open(context, group);
  }

  /** The group that a set of options names. */
  static ThrottleGroup group(Environment environment, Options options) {
    String name = options.string(GROUP);
    return environment.shared(
        ThrottleGroup.class,
        name,
        () -> new ThrottleGroup(name, environment.waits(), environment.clock()));
  }
}
