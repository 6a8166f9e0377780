package io.ashlar.driver.copyonread;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.SpiLevel;

/**
 * The filter {@code copy-on-read}. Its only option is its child; QEMU's {@code bottom} is not
 * served and therefore refused.
 */
public final class CopyOnReadDriver implements BlockDriver {
  /** The child whose content the node shows and fills. */
  static final String FILE = "file";

  private static final OptionSchema SCHEMA =
      OptionSchema.of()
          .withChildren(
              new ChildSpec(FILE, ChildKind.FILTERED, true, "the image that reads are stored in"));

  /** For {@link java.util.ServiceLoader}. */
  public CopyOnReadDriver() {}

  @Override
  public String name() {
    return "copy-on-read";
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
    return CopyOnReadNode.open(context);
  }
}
