package io.ashlar.engine.control;

import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What {@code blockdev-reopen} makes of one node: new options, children that stay, are replaced,
 * detached or reopened, and nested children that inherit what their parent now has.
 */
final class ReopenEdit {
  private GraphModel graph;
  private final Set<String> replaced = new LinkedHashSet<>();

  private ReopenEdit(GraphModel graph) {
    this.graph = graph;
  }

  static GraphModel apply(GraphModel graph, CheckedNode node) {
    ReopenEdit edit = new ReopenEdit(graph);
    NodeSpec present = graph.node(node.nodeName());
    edit.change(present, node, edit.generic(present, node.stated()));
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
    edit.inherit(spec, spec.nodeOptions().withReadOnly(value), spec.stated().withReadOnly(value));
    return edit.graph;
  }

  /** A nested node inherits what is not stated; a node of its own has defaults there. */
  private NodeOptions generic(NodeSpec spec, StatedOptions stated) {
    for (String parentName : graph.parents(spec.name())) {
      NodeSpec parent = graph.node(parentName);
      if (parent.owned().contains(spec.name())) {
        return stated.under(parent.nodeOptions(), roleKind(parent, spec.name()));
      }
    }
    return stated.alone();
  }

  private static ChildKind roleKind(NodeSpec parent, String child) {
    for (Map.Entry<String, String> entry : parent.children().entrySet()) {
      if (entry.getValue().equals(child)) {
        return parent.kind(entry.getKey());
      }
    }
    throw new BlockException(
        ErrorCode.INTERNAL, "'" + child + "' is no child of '" + parent.name() + "'");
  }

  private void change(NodeSpec present, CheckedNode node, NodeOptions generic) {
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
    Map<String, String> children = new LinkedHashMap<>(present.children());
    Set<String> detached = new LinkedHashSet<>(present.detached());
    Set<String> owned = new LinkedHashSet<>(present.owned());
    for (Map.Entry<String, CheckedChild> entry : node.children().entrySet()) {
      String role = entry.getKey();
      String old = children.get(role);
      if (entry.getValue() instanceof CheckedChild.ByName byName) {
        replace(old, byName.nodeName(), owned);
        children.put(role, byName.nodeName());
        detached.remove(role);
      } else if (entry.getValue() instanceof CheckedChild.Detached) {
        replace(old, null, owned);
        children.remove(role);
        detached.add(role);
      }
    }
    put(present, node.options(), generic, children, detached, owned, node.stated());
    for (Map.Entry<String, String> entry : children.entrySet()) {
      CheckedChild said = node.children().get(entry.getKey());
      if (said instanceof CheckedChild.Inline inline) {
        reopenNested(present, entry.getKey(), entry.getValue(), owned, inline.node(), generic);
      } else if (said == null && owned.contains(entry.getValue())) {
        inheritFrom(generic, present.kind(entry.getKey()), entry.getValue());
      }
    }
    for (Map.Entry<String, CheckedChild> entry : node.children().entrySet()) {
      if (entry.getValue() instanceof CheckedChild.Inline
          && !children.containsKey(entry.getKey())) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION,
            "node '"
                + present.name()
                + "' has no child '"
                + entry.getKey()
                + "' to reopen; add the node with blockdev-add and give its name");
      }
    }
  }

  private void replace(String old, String next, Set<String> owned) {
    if (old != null && !old.equals(next) && owned.remove(old)) {
      replaced.add(old);
    }
  }

  private void reopenNested(
      NodeSpec parent,
      String role,
      String child,
      Set<String> owned,
      CheckedNode node,
      NodeOptions generic) {
    if (!owned.contains(child) || (node.nodeName() != null && !node.nodeName().equals(child))) {
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
    change(graph.node(child), node, node.stated().under(generic, parent.kind(role)));
  }

  private void inheritFrom(NodeOptions parent, ChildKind kind, String child) {
    NodeSpec spec = graph.node(child);
    inherit(spec, spec.stated().under(parent, kind), spec.stated());
  }

  private void inherit(NodeSpec spec, NodeOptions generic, StatedOptions stated) {
    put(spec, spec.options(), generic, spec.children(), spec.detached(), spec.owned(), stated);
    spec.children()
        .forEach(
            (role, child) -> {
              if (spec.owned().contains(child)) {
                inheritFrom(generic, spec.kind(role), child);
              }
            });
  }

  private void put(
      NodeSpec present,
      Options options,
      NodeOptions generic,
      Map<String, String> children,
      Set<String> detached,
      Set<String> owned,
      StatedOptions stated) {
    graph =
        graph.with(
            new NodeSpec(
                present.name(),
                present.driver(),
                generic,
                options,
                children,
                detached,
                owned,
                stated,
                present.hidden()));
  }
}
