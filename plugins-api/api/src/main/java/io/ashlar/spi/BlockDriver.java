package io.ashlar.spi;

import java.util.Optional;

/**
 * A kind of node, found by {@link java.util.ServiceLoader}. Implementations are thin public classes
 * with a public constructor without arguments; they hold no state.
 */
public interface BlockDriver {
  /**
   * The name in {@code driver = ...}, such as {@code qcow2}: lower case letters, digits, dashes.
   */
  String name();

  /** The {@link SpiLevel} this driver was compiled against. */
  int apiLevel();

  /**
   * The options and children of a node of this kind, without the generic ones of {@link
   * NodeOptions}.
   */
  OptionSchema options();

  /**
   * Opens a node. Either a usable node comes back, or an exception and everything that was taken is
   * released. A read-only open changes nothing on disk.
   */
  BlockNode open(OpenContext context);

  /** The options and children of {@link #create}; empty when this driver cannot create. */
  default Optional<OptionSchema> createOptions() {
    return Optional.empty();
  }

  /**
   * Makes a new image ({@code blockdev-create}). Options are checked before anything is touched.
   *
   * @throws BlockException NOT_SUPPORTED when this driver cannot create
   */
  default void create(CreateContext context) {
    throw new BlockException(
        ErrorCode.NOT_SUPPORTED, "driver '" + name() + "' cannot create images");
  }

  /**
   * Reads what an image is without opening it: header and directories only, in bounded time and
   * memory, following no reference and writing nothing.
   *
   * @param file the storage that holds the image, of unknown content
   * @return nothing when the content is not of this format
   * @throws BlockException when it is of this format and damaged or not served
   */
  default Optional<ImageReport> inspect(BlockIo file) {
    return Optional.empty();
  }
}
