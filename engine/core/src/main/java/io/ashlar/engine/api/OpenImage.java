package io.ashlar.engine.api;

/** An image that {@link Ashlar#open} opened: its node with a device on it. */
public interface OpenImage extends AutoCloseable {
  /** The node. */
  NodeInfo node();

  /** The device. */
  BlockDevice device();

  /**
   * Flushes, stores the bitmaps, closes the nodes. Idempotent.
   *
   * @throws io.ashlar.spi.BlockException naming every bitmap that could not be kept
   */
  @Override
  void close();
}
