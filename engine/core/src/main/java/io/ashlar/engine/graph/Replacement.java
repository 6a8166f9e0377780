package io.ashlar.engine.graph;

import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenStep;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A node that becomes inactive, or active again: another driver's node takes the place of the
 * present one, which is closed. Nothing of an image outlives an inactive time in memory, for
 * somebody else may have written it; activation opens it as if for the first time, in prepare,
 * where it can be refused and the node stays inactive.
 */
final class Replacement implements ReopenStep {
  private final NodeCore core;
  private final NodeSpec next;
  private final BlockNode replaced;
  private final BlockNode fresh;
  private final Map<String, Edge> children;
  private final AtomicBoolean ended = new AtomicBoolean();

  private Replacement(NodeCore core, NodeSpec next, BlockNode fresh, Map<String, Edge> children) {
    this.core = core;
    this.next = next;
    this.replaced = core.driver();
    this.fresh = fresh;
    this.children = children;
  }

  /** Whether a change is of this kind. */
  static boolean is(NodeCore core, NodeSpec next) {
    return next != null && core.spec().active() != next.active();
  }

  static Replacement open(
      NodeCore core,
      NodeSpec next,
      Permissions permissions,
      Map<String, Edge> children,
      NodeServices services) {
    if (next.active()) {
      core.opening(children);
    }
    BlockNode fresh =
        next.active()
            ? next.driver()
                .open(new NodeOpenContext(next, permissions, children, core.background(), services))
            : new InactiveNode(core.name(), core.driver());
    return new Replacement(core, next, fresh, children);
  }

  @Override
  public BlockNode staged() {
    return fresh;
  }

  @Override
  public void commit() {
    if (ended.compareAndSet(false, true)) {
      // Its end comes to whatever node is there then.
      fresh.drainBegin();
      core.opened(fresh, next, children);
      replaced.close();
    }
  }

  @Override
  public void abort() {
    if (ended.compareAndSet(false, true)) {
      fresh.close();
    }
  }
}
