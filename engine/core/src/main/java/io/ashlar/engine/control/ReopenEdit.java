package io.ashlar.engine.control;

import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@code blockdev-reopen} makes of a graph: new options, children that stay, are replaced,
 * detached or reopened, and nested children that inherit what their parents then have.
 *
 * <p>The order of the list means nothing. First each definition is applied to its own node alone,
 * as the graph was before; what is inherited follows from the result, from the top down; nested
 * children that nobody uses any more go at the end.
 */
final class ReopenEdit {
  private static final Set<String> REPLACEABLE = Set.of("file", "backing");

  private final GraphModel before;
  private GraphModel graph;
  private final Set<String> named = new HashSet<>();
  private final Set<String> replaced = new LinkedHashSet<>();
  private final Map<String, NodeOptions> inherited = new HashMap<>();

  private ReopenEdit(GraphModel graph) {
    this.before = graph;
    this.graph = graph;
  }

  static GraphModel apply(GraphModel graph, List<CheckedNode> nodes) {
    ReopenEdit edit = new ReopenEdit(graph);
    for (CheckedNode node : nodes) {
      edit.define(graph.node(node.nodeName()), node);
    }
    edit.inherit();
    return Edits.dropReplaced(edit.graph, edit.replaced);
  }

  /**
   * The graph with one node read-only or writable, and with it the nested children that inherit
   * that. Everything else stays as it is.
   */
  static GraphModel readOnly(GraphModel graph, String name, boolean value) {
    NodeSpec spec = graph.node(name);
    if (spec.nodeOptions().readOnly() == value) {
      return graph;
    }
    ReopenEdit edit = new ReopenEdit(graph);
    NodeOptions options = spec.nodeOptions().withReadOnly(value);
    edit.put(spec, options, spec.stated().withReadOnly(value));
    edit.inherited.put(name, options);
    edit.inherit();
    return edit.graph;
  }

  private void define(NodeSpec present, CheckedNode node) {
    requireOnce(present.name());
    requireSameDriver(present, node);
    requireBackingSaid(present, node);
    Map<String, String> children = new LinkedHashMap<>(present.children());
    Set<String> detached = new LinkedHashSet<>(present.detached());
    Set<String> owned = new LinkedHashSet<>(present.owned());
    node.children()
        .forEach(
            (role, said) -> {
              String old = present.children().get(role);
              if (said instanceof CheckedChild.ByName byName) {
                String target = meant(byName.nodeName(), old);
                replace(present, role, old, target, owned);
                children.put(role, target);
                detached.remove(role);
              } else if (said instanceof CheckedChild.Detached) {
                replace(present, role, old, null, owned);
                children.remove(role);
                detached.add(role);
              } else if (said instanceof CheckedChild.Inline inline) {
                reopenNested(present, role, old, inline.node());
              }
            });
    graph =
        graph.with(
            new NodeSpec(
                present.name(),
                present.driver(),
                present.nodeOptions(),
                node.options(),
                children,
                detached,
                owned,
                node.stated(),
                present.hidden(),
                present.active()));
  }

  private void requireOnce(String name) {
    if (!named.add(name)) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "node '" + name + "' is given twice; say once what it shall be");
    }
  }

  private static void requireSameDriver(NodeSpec present, CheckedNode node) {
    if (!present.driver().name().equals(node.driver().name())) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "the driver of node '"
              + present.name()
              + "' is '"
              + present.driver().name()
              + "' and cannot change to '"
              + node.driver().name()
              + "'");
    }
  }

  /** Silence could mean to keep a backing node or to do without; a nested one is kept. */
  private static void requireBackingSaid(NodeSpec present, CheckedNode node) {
    for (ChildSpec child : present.driver().options().children()) {
      String role = child.role();
      String now = present.children().get(role);
      if (child.kind() == ChildKind.BACKING
          && now != null
          && !present.owned().contains(now)
          && !node.children().containsKey(role)) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            "node '"
                + present.name()
                + "' has a "
                + role
                + " node, about which nothing is said; add "
                + role
                + " = "
                + now
                + " to keep it or "
                + role
                + " = null to do without");
      }
    }
  }

  /** A job's own filter above a node is meant when the node is named. */
  private String meant(String name, String old) {
    if (name.equals(old) || !before.nodes().containsKey(name)) {
      return name;
    }
    return Edits.visible(before, name);
  }

  private void replace(NodeSpec parent, String role, String old, String next, Set<String> owned) {
    if (next == null ? old == null : next.equals(old)) {
      return;
    }
    if (!REPLACEABLE.contains(role)) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "'"
              + role
              + "' of node '"
              + parent.name()
              + "' is node '"
              + old
              + "' and cannot be another; only file and backing can be replaced");
    }
    if (old != null && before.node(old).hidden()) {
      throw new BlockException(
          ErrorCode.NODE_IN_USE,
          "'"
              + role
              + "' of node '"
              + parent.name()
              + "' is held by a job and cannot be replaced; wait for its end or cancel it");
    }
    if (old != null && owned.remove(old)) {
      replaced.add(old);
    }
  }

  private void reopenNested(NodeSpec parent, String role, String child, CheckedNode node) {
    if (child == null) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "node '"
              + parent.name()
              + "' has no child '"
              + role
              + "' to reopen; add the node with blockdev-add and give its name");
    }
    if (!parent.owned().contains(child)
        || (node.nodeName() != null && !node.nodeName().equals(child))) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "'"
              + role
              + "' of node '"
              + parent.name()
              + "' is node '"
              + child
              + "', which was not defined inside it; give its name, and reopen it by itself");
    }
    define(before.node(child), node);
  }

  /** A nested node inherits what is not stated; a node of its own has defaults there. */
  private void inherit() {
    for (String name : before.nodes().keySet()) {
      NodeSpec spec = graph.node(name);
      NodeOptions options = options(spec);
      if (!options.equals(spec.nodeOptions())) {
        put(spec, options, spec.stated());
      }
    }
  }

  private void put(NodeSpec spec, NodeOptions options, StatedOptions stated) {
    graph =
        graph.with(
            new NodeSpec(
                spec.name(),
                spec.driver(),
                options,
                spec.options(),
                spec.children(),
                spec.detached(),
                spec.owned(),
                stated,
                spec.hidden(),
                spec.active()));
  }

  /** As they will be; present ones for a node that neither is named nor hangs below one that is. */
  private NodeOptions options(NodeSpec spec) {
    NodeOptions known = inherited.get(spec.name());
    if (known == null) {
      known = inheritedOptions(spec);
      inherited.put(spec.name(), known);
    }
    return known;
  }

  private NodeOptions inheritedOptions(NodeSpec spec) {
    NodeSpec owner = owner(spec.name());
    StatedOptions stated = spec.stated();
    if (owner == null) {
      return named.contains(spec.name()) ? stated.alone() : spec.nodeOptions();
    }
    NodeOptions above = options(owner);
    boolean changes =
        named.contains(spec.name())
            || named.contains(owner.name())
            || !above.equals(before.node(owner.name()).nodeOptions());
    return changes ? stated.under(above, role(owner, spec.name())) : spec.nodeOptions();
  }

  private NodeSpec owner(String name) {
    for (String parent : graph.parents(name)) {
      if (graph.node(parent).owned().contains(name)) {
        return graph.node(parent);
      }
    }
    return null;
  }

  private static ChildKind role(NodeSpec owner, String child) {
    for (Map.Entry<String, String> entry : owner.children().entrySet()) {
      if (entry.getValue().equals(child)) {
        return owner.kind(entry.getKey());
      }
    }
    throw new BlockException(
        ErrorCode.INTERNAL, "'" + child + "' is no child of '" + owner.name() + "'");
  }
}
