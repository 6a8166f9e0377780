package io.ashlar.driver.file;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One change of access, cache mode or permissions. The lock bytes of both the old and the new state
 * are held until the decision; the new descriptor works from prepare on. In either pass the whole
 * change is prepared, for a node that only loses or only gains is asked once.
 */
final class FileReopen implements ReopenStep {
  private final FileCore core;
  private final FileNode node;
  private final FileState next;
  private final int claim;
  private final FileNode staged;
  private final AtomicBoolean decided = new AtomicBoolean();

  private FileReopen(FileCore core, FileNode node, FileState next, int claim) {
    this.core = core;
    this.node = node;
    this.next = next;
    this.claim = claim;
    this.staged = FileNode.staged(core, next);
  }

  static ReopenStep prepare(FileCore core, FileNode node, ReopenContext context) {
    NodeOptions options = context.nodeOptions();
    FileOpening.requireReadOnlyToForceShare(options);
    int claim = core.locks.claim(FileCore.lockedFor(context.permissions(), options));
    try {
      // What the old descriptor wrote and lost is told to it alone.
      node.flush();
      FileState old = node.state();
      FileState next = old.serves(options) ? old.with(core, options) : core.open(options);
      return new FileReopen(core, node, next, claim);
    } catch (RuntimeException e) {
      core.locks.release(claim);
      throw e;
    }
  }

  @Override
  public BlockNode staged() {
    return staged;
  }

  @Override
  public void commit() {
    if (decided.compareAndSet(false, true)) {
      node.become(next, claim);
    }
  }

  @Override
  public void abort() {
    if (decided.compareAndSet(false, true)) {
      core.locks.release(claim);
      if (next.data() != node.state().data()) {
        next.close();
      }
    }
  }
}
