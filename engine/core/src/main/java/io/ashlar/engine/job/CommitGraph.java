package io.ashlar.engine.job;

import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.control.Edits;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a commit makes of the graph. While it runs, the base is writable and two devices of the job
 * are there: one reads the top and lets nobody write to it, the other writes to the base; both hold
 * the chain between them together. At its end the users of the top use the base. Pure functions.
 */
final class CommitGraph {
  /**
   * The nodes of a commit.
   *
   * @param chain from the top to the base, each below the one before
   * @param layers those of the chain above the base that have data of their own: no filters
   */
  record Chain(List<String> chain, List<String> layers) {
    /** The node whose content is committed. */
    String top() {
      return chain.get(0);
    }

    /** The node that takes the data. */
    String base() {
      return chain.get(chain.size() - 1);
    }
  }

  private CommitGraph() {}

  /**
   * The nodes that a request means.
   *
   * @throws BlockException NODE_NOT_FOUND; INVALID_OPTION for nodes that are no chain;
   *     NOT_SUPPORTED for a top that is not the chain's
   */
  static Chain chain(GraphModel model, CommitRequest request) {
    model.node(request.device());
    String top = request.device();
    Optional<String> filtered = child(model, top, ChildKind.FILTERED);
    while (filtered.isPresent()) {
      top = filtered.get();
      filtered = child(model, top, ChildKind.FILTERED);
    }
    if (request.topNode() != null && !request.topNode().equals(top)) {
      model.node(request.topNode());
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "block-commit: 'top-node' must be '"
              + top
              + "', the top of the chain of '"
              + request.device()
              + "', not '"
              + request.topNode()
              + "': the image above would still name the one that was committed");
    }
    List<String> chain = new ArrayList<>(List.of(top));
    List<String> layers = new ArrayList<>();
    String at = top;
    Optional<String> below = below(model, at);
    while (below.isPresent() && !at.equals(request.baseNode())) {
      if (child(model, at, ChildKind.FILTERED).isEmpty()) {
        layers.add(at);
      }
      at = below.get();
      chain.add(at);
      below = below(model, at);
    }
    requireBase(model, request, chain);
    return new Chain(List.copyOf(chain), List.copyOf(layers));
  }

  private static void requireBase(GraphModel model, CommitRequest request, List<String> chain) {
    String top = chain.get(0);
    String last = chain.get(chain.size() - 1);
    if (request.baseNode() != null && !last.equals(request.baseNode())) {
      model.node(request.baseNode());
      throw CommitCheck.refused(
          "base '" + request.baseNode() + "' is not below '" + top + "', whose chain is " + chain);
    }
    if (chain.size() < 2) {
      throw CommitCheck.refused(
          request.baseNode() == null
              ? "node '" + top + "' has no backing node that could take its data"
              : "node '" + top + "' cannot be committed into itself");
    }
  }

  private static Optional<String> below(GraphModel model, String node) {
    return child(model, node, ChildKind.FILTERED).or(() -> child(model, node, ChildKind.BACKING));
  }

  private static Optional<String> child(GraphModel model, String node, ChildKind kind) {
    NodeSpec spec = model.node(node);
    return spec.children().entrySet().stream()
        .filter(child -> spec.kind(child.getKey()) == kind)
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** The graph while the job runs. */
  static GraphModel begin(GraphModel model, Chain chain, String reader, String writer) {
    Permissions reads =
        new Permissions(
            Permission.CONSISTENT_READ.bit(),
            Permissions.ALL & ~Permissions.mask(Permission.WRITE, Permission.RESIZE));
    Permissions writes =
        new Permissions(
            Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE),
            Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE_UNCHANGED));
    return Edits.readOnly(model, chain.base(), false)
        .with(new DeviceSpec(reader, chain.top(), reads, true, chain.chain()))
        .with(new DeviceSpec(writer, chain.base(), writes, true, chain.chain()));
  }

  /**
   * The graph after a commit that did all: the base for the top. The nodes above the base stay,
   * unused, until somebody removes them.
   */
  static GraphModel pivot(GraphModel model, Chain chain, String reader, String writer) {
    GraphModel next = model.minusDevice(reader).minusDevice(writer);
    next = Edits.moveUsers(next, chain.top(), chain.base());
    next = Edits.disown(next, chain.base());
    return Edits.readOnly(next, chain.base(), model.node(chain.top()).nodeOptions().readOnly());
  }

  /**
   * The graph after a commit that did not succeed.
   *
   * @param readOnly whether the base was read-only before
   */
  static GraphModel giveUp(
      GraphModel model, Chain chain, String reader, String writer, boolean readOnly) {
    return Edits.readOnly(model.minusDevice(reader).minusDevice(writer), chain.base(), readOnly);
  }
}
