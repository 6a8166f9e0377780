package io.ashlar.engine.sim;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;
import java.util.List;
import java.util.function.Function;

/** The kinds of nodes of a simulation. */
final class SimDriver implements BlockDriver {
  private final String name;
  private final OptionSchema options;
  private final World world;
  private final Function<OpenContext, BlockNode> open;

  private SimDriver(
      World world, String name, OptionSchema options, Function<OpenContext, BlockNode> open) {
    this.world = world;
    this.name = name;
    this.options = options.with(OptionSpec.integer("knob", "may change in a reopen").reopenable());
    this.open = open;
  }

  /** Files. */
  static SimDriver file(World world) {
    return new SimDriver(
        world,
        "sim-file",
        OptionSchema.of(OptionSpec.string("disk", "which disk")),
        context ->
            world.opened(
                new SimFileNode(world, context, world.disk(context.options().string("disk")))));
  }

  /** Images with bitmaps. */
  static SimDriver image(World world) {
    return new SimDriver(
        world,
        "sim-image",
        OptionSchema.of()
            .withChildren(
                new ChildSpec("file", ChildKind.STORAGE, true, "storage"),
                new ChildSpec("backing", ChildKind.BACKING, false, "backing")),
        context -> world.opened(new SimImageNode(world, context)));
  }

  /** Images without a format. */
  static SimDriver raw(World world) {
    return new SimDriver(
        world,
        "sim-raw",
        OptionSchema.of().withChildren(new ChildSpec("file", ChildKind.STORAGE, true, "storage")),
        context -> world.opened(new SimNode(world, context, List.of("file"))));
  }

  /** Filters. */
  static SimDriver filter(World world) {
    return new SimDriver(
        world,
        "sim-filter",
        OptionSchema.of().withChildren(new ChildSpec("file", ChildKind.FILTERED, true, "below")),
        context -> world.opened(new SimNode(world, context, List.of("file"))));
  }

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
    return options;
  }

  @Override
  public BlockNode open(OpenContext context) {
    if (world.faults().at(context.nodeName(), "open")) {
      throw Faults.failure(context.nodeName(), "open");
    }
    return open.apply(context);
  }
}
