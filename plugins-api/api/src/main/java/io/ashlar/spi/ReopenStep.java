package io.ashlar.spi;

/**
 * A prepared change of one node. {@link #commit} and {@link #abort} cannot fail and do no I/O whose
 * failure matters; both are idempotent, and each does nothing after the other.
 */
public interface ReopenStep {
  /**
   * The node as it will be: it works at once, for the parent's prepare only, and implements the
   * same capabilities as the node. It may be the node itself when nothing differs.
   */
  BlockNode staged();

  /** Makes the change take effect and releases what was replaced. */
  void commit();

  /** Releases what was staged. */
  void abort();

  /** A step that changes nothing. */
  static ReopenStep unchanged(BlockNode node) {
    return new ReopenStep() {
      @Override
      public BlockNode staged() {
        return node;
      }

      @Override
      public void commit() {}

      @Override
      public void abort() {}
    };
  }
}
