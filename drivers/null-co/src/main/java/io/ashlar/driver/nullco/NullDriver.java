package io.ashlar.driver.nullco;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;

/** The {@code null-co} driver: a disk that keeps nothing, to measure everything above it. */
public final class NullDriver implements BlockDriver {
  static final String SIZE = "size";
  static final String LATENCY = "latency-ns";
  static final String READ_ZEROES = "read-zeroes";

  @Override
  public String name() {
    return "null-co";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OptionSchema.of(
        OptionSpec.size(SIZE, "length in bytes").withDefault(1L << 30),
        OptionSpec.integer(LATENCY, "nanoseconds that every request takes").withDefault(0L),
        OptionSpec.bool(
            READ_ZEROES, false, "reads give zeroes; otherwise buffers stay as they are"));
  }

  @Override
  public BlockNode open(OpenContext context) {
    return new NullNode(
        context.nodeName(), context.options(), context.nodeOptions().readOnly(), context.waits());
  }
}
