package io.ashlar.driver.raw;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Child;
import io.ashlar.spi.ReopenStep;
import java.util.concurrent.atomic.AtomicBoolean;

/** A change of window that waits for the decision. Nothing is held, so an abort has no work. */
final class RawReopen implements ReopenStep {
  private final RawNode node;
  private final RawNode staged;
  private final Child file;
  private final AtomicBoolean decided = new AtomicBoolean();

  /**
   * A change.
   *
   * @param file the node's own edge, which leads to the new file after the commit
   */
  RawReopen(RawNode node, RawNode staged, Child file) {
    this.node = node;
    this.staged = staged;
    this.file = file;
  }

  @Override
  public BlockNode staged() {
    return staged;
  }

  @Override
  public void commit() {
    if (decided.compareAndSet(false, true)) {
      node.become(staged, file);
    }
  }

  @Override
  public void abort() {
    decided.set(true);
  }
}
