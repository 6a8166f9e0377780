package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.SpiLevel;

/**
 * The filter {@code blkdebug}: passes everything on, but for requests that its rules pick. QEMU's
 * rules follow internal events of its formats; these follow requests, their ranges and their
 * number.
 */
public final class BlkdebugDriver implements BlockDriver {
  /** The child whose content the node shows; QEMU's name for it. */
  static final String IMAGE = "image";

  private static final OptionSchema SCHEMA =
      OptionSchema.of(Rules.specs())
          .withChildren(
              new ChildSpec(IMAGE, ChildKind.FILTERED, true, "the node that errors are added to"));

  /** For {@link java.util.ServiceLoader}. */
  public BlkdebugDriver() {}

  @Override
  public String name() {
    return "blkdebug";
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
    return BlkdebugNode.open(context);
  }
}
