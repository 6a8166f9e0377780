package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;

/**
 * The filter {@code copy-before-write}. It passes everything through until a job drives it as
 * {@link io.ashlar.spi.CopyBeforeWrite}.
 *
 * <p>Unlike QEMU's, a failing copy breaks the snapshot and not the guest unless the caller says
 * otherwise: a backup must not take its guest down. QEMU's {@code bitmap} is given by the job
 * instead, and {@code cbw-timeout} is not served.
 */
public final class CopyBeforeWriteDriver implements BlockDriver {
  /** The child whose content the node shows and saves. */
  static final String FILE = "file";

  /** The child that receives the copies. */
  static final String TARGET = "target";

  static final String ON_ERROR = "on-cbw-error";
  static final String BREAK_GUEST_WRITE = "break-guest-write";
  static final String BREAK_SNAPSHOT = "break-snapshot";
  static final String MIN_CLUSTER_SIZE = "min-cluster-size";
  static final int LARGEST_CLUSTER = 64 << 20;

  private static final OptionSchema SCHEMA =
      OptionSchema.of(
              OptionSpec.words(
                  ON_ERROR,
                  BREAK_SNAPSHOT,
                  "what fails when a copy fails: the guest's write, or the snapshot",
                  BREAK_GUEST_WRITE,
                  BREAK_SNAPSHOT),
              OptionSpec.size(MIN_CLUSTER_SIZE, "smallest unit of copies in bytes, a power of two")
                  .between(1, LARGEST_CLUSTER))
          .withChildren(
              new ChildSpec(FILE, ChildKind.FILTERED, true, "the node whose content is saved"),
              new ChildSpec(TARGET, ChildKind.TARGET, true, "the node that receives the copies"));

  /** For {@link java.util.ServiceLoader}. */
  public CopyBeforeWriteDriver() {}

  @Override
  public String name() {
    return "copy-before-write";
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
    return CopyBeforeWriteNode.open(context);
  }
}
