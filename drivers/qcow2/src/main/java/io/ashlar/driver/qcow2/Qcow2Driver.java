package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.SpiLevel;
import java.util.Optional;

/** QEMU's image format, versions 2 and 3. */
public final class Qcow2Driver implements BlockDriver {
  private final BitmapSteps steps;

  /** The driver. */
  public Qcow2Driver() {
    this(BitmapSteps.RIGHT);
  }

  /** With other steps, for tests. */
  Qcow2Driver(BitmapSteps steps) {
    this.steps = steps;
  }

  @Override
  public String name() {
    return "qcow2";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OptionSchema.of(Settings.specs())
        .withChildren(
            new ChildSpec("file", ChildKind.STORAGE, true, "where the image lies"),
            new ChildSpec(
                "backing", ChildKind.BACKING, false, "what unallocated clusters read from"));
  }

  @Override
  public BlockNode open(OpenContext context) {
    return Qcow2Opener.open(context, steps);
  }

  @Override
  public Optional<OptionSchema> createOptions() {
    return Optional.of(CreateOptions.SCHEMA);
  }

  @Override
  public void create(CreateContext context) {
    Qcow2Creator.create(context.child("file"), context.options());
  }

  @Override
  public Optional<ImageReport> inspect(BlockIo file) {
    return Qcow2Inspector.inspect(file);
  }
}
