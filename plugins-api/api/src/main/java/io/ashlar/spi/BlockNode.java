package io.ashlar.spi;

import java.util.Map;

/**
 * One open node. Thread-safe. Further abilities are interfaces that a node may also implement
 * ({@link BitmapStore}, {@link Checkable}, {@link NamesReferences}); the engine asks once, at open.
 */
public interface BlockNode extends BlockIo, AutoCloseable {
  /**
   * One part of a change of this node: new options, children or permissions. Everything that can
   * fail happens here; the node is quiesced. A node is asked in the {@link ReopenPass#DOWN} pass
   * when it loses something, then in the {@link ReopenPass#UP} pass when it gains something or
   * merely changes; the returned step is committed or aborted, exactly one of them, possibly after
   * other nodes' steps.
   *
   * @throws BlockException for a refusal; nothing of this call is left behind then
   */
  ReopenStep prepareReopen(ReopenContext context);

  /**
   * Requests will be drained: waits of policy (throttling, pauses) end at once, so that requests in
   * flight finish soon.
   */
  default void drainBegin() {}

  /** The drain is over. Not called for a node that was closed meanwhile: that ends it too. */
  default void drainEnd() {}

  /**
   * Requests in flight that wait for something slow end soon with CANCELLED, where the driver can
   * do that.
   */
  default void cancelInFlight() {}

  /**
   * Makes every write that was acknowledged before this call durable, for the engine's own sake,
   * such as before a bitmap is cleared. As a flush, but nobody who wrote hears of a failure here: a
   * node that remembers what a failed flush may have lost tells the next {@link #flush} and {@link
   * #close} of it all the same. The usual one is for nodes that remember nothing.
   */
  default void makeDurable() {
    flush();
  }

  /** Facts of this kind of node for queries, by QEMU's names; not for the data path. */
  default Map<String, Object> details() {
    return Map.of();
  }

  /**
   * Writes back what is cached, marks the image clean where the format has such a mark, and
   * releases everything. The node is quiesced. Idempotent.
   *
   * @throws BlockException when something could not be kept; everything is released all the same
   */
  @Override
  void close();
}
