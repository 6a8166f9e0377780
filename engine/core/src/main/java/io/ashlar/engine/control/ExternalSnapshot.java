package io.ashlar.engine.control;

import akka.Done;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * {@code blockdev-snapshot}: an open node without backing goes above another one, gets all its
 * users, and has it as backing; the node below becomes read-only. That its bitmaps are stored
 * before, and that an error there refuses the whole, is the transaction's work, as for every node
 * that loses writing.
 */
public final class ExternalSnapshot {
  private static final String WHAT = "blockdev-snapshot";

  private ExternalSnapshot() {}

  /**
   * The change.
   *
   * @param node the node whose content is kept
   * @param overlay the node that takes the writes from now on
   */
  public static GraphAction action(String node, String overlay) {
    return new GraphAction(
        WHAT, model -> edit(model, node, overlay), Set.of(node), new Lengths(node, overlay));
  }

  /**
   * The graph after the snapshot. Pure.
   *
   * @throws BlockException NODE_NOT_FOUND; INVALID_OPTION for an overlay that cannot have a backing
   *     node or has one; NODE_IN_USE when the overlay has users or a job has the node in hand
   */
  public static GraphModel edit(GraphModel model, String node, String overlay) {
    model.node(node);
    NodeSpec above = model.node(overlay);
    if (node.equals(overlay)) {
      throw refused("node '" + node + "' cannot be its own overlay; name another node");
    }
    String role = backingRole(above);
    if (above.children().containsKey(role)) {
      throw refused(
          "overlay '"
              + overlay
              + "' has node '"
              + above.children().get(role)
              + "' as its backing; add it with backing = null");
    }
    requireUnused(model, overlay);
    requireNoJob(model, node);
    GraphModel next = Edits.moveUsers(model, node, overlay);
    next = next.with(above.withChild(role, node));
    return ReopenEdit.readOnly(next, node, true);
  }

  private static String backingRole(NodeSpec overlay) {
    return overlay.driver().options().children().stream()
        .filter(child -> child.kind() == ChildKind.BACKING)
        .map(ChildSpec::role)
        .findFirst()
        .orElseThrow(
            () ->
                refused(
                    "driver '"
                        + overlay.driver().name()
                        + "' of overlay '"
                        + overlay.name()
                        + "' has no backing node; use a qcow2 node"));
  }

  private static void requireUnused(GraphModel model, String overlay) {
    List<String> parents = model.parents(overlay);
    List<String> devices = model.devicesOn(overlay);
    if (!parents.isEmpty() || !devices.isEmpty()) {
      throw new BlockException(
          ErrorCode.NODE_IN_USE,
          "overlay '"
              + overlay
              + "' is in use by "
              + (parents.isEmpty()
                  ? "device '" + devices.get(0) + "'"
                  : "node '" + parents.get(0) + "'")
              + "; an overlay gets its users from the node below");
    }
  }

  private static void requireNoJob(GraphModel model, String node) {
    boolean filtered = model.parents(node).stream().anyMatch(p -> model.node(p).hidden());
    boolean held =
        model.devicesOn(node).stream().map(model.devices()::get).anyMatch(DeviceSpec::fixed);
    if (filtered || held) {
      throw new BlockException(
          ErrorCode.NODE_IN_USE,
          "node '" + node + "' is in the hands of a job; wait for its end or cancel it");
    }
  }

  private static BlockException refused(String sentence) {
    return new BlockException(ErrorCode.INVALID_OPTION, WHAT + ": " + sentence);
  }

  /** Lengths are known only from open nodes: users must not lose the end of what they see. */
  private record Lengths(String node, String overlay) implements Cut {
    @Override
    public CompletionStage<Done> prepare(StagedNodes nodes) {
      NodeCore below = nodes.node(node).core();
      NodeCore above = nodes.node(overlay).core();
      if (above.length() < below.length()) {
        return CompletableFuture.failedFuture(
            new BlockException(
                ErrorCode.INVALID_REQUEST,
                String.format(
                    "%s: overlay '%s' has %d bytes, fewer than the %d of node '%s'; make it as long",
                    WHAT, overlay, above.length(), below.length(), node)));
      }
      return done();
    }

    @Override
    public CompletionStage<Done> abort() {
      return done();
    }

    private static CompletionStage<Done> done() {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
  }
}
