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
 * instead.
 */
public final class CopyBeforeWriteDriver implements BlockDriver {
  /** The child whose content the node shows and saves. */
  static final String FILE = "file";

  /** The child that receives the copies. */
  static final String TARGET = "target";

  static final String ON_ERROR = "on-cbw-error";
  static final String BREAK_GUEST_WRITE = "break-guest-write";
  static final String BREAK_SNAPSHOT = "break-snapshot";
  static final String TIME_OUT = "cbw-timeout";
  static final String MIN_CLUSTER_SIZE = "min-cluster-size";
  private static final long MOST_SECONDS = 0xffff_ffffL;
  static final int LARGEST_CLUSTER = 64 << 20;

  private static final OptionSchema SCHEMA =
      OptionSchema.of(
              OptionSpec.words(
                  ON_ERROR,
                  BREAK_SNAPSHOT,
                  "what fails when a copy fails: the guest's write, or the snapshot",
                  BREAK_GUEST_WRITE,
                  BREAK_SNAPSHOT),
              OptionSpec.integer(
                      TIME_OUT, "seconds that a guest's write waits for a copy; 0 for ever")
                  .between(0, MOST_SECONDS)
                  .withDefault(0L),
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
