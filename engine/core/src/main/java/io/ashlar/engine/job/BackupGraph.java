package io.ashlar.engine.job;

import io.ashlar.engine.control.Edits;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.Map;
import java.util.Set;

/**
 * What a backup makes of the graph: a hidden copy-before-write filter between the source and all
 * its users, and a device of the job on that filter. The device's gate admits the job's steps: from
 * it source and target can be reached, so every change of either waits for them. Pure functions.
 */
final class BackupGraph {
  static final String DRIVER = "copy-before-write";
  static final String FILE = "file";
  static final String TARGET = "target";

  private BackupGraph() {}

  /**
   * The graph while the job runs.
   *
   * @param filter the checked filter, under a name that is free
   * @throws BlockException NODE_NOT_FOUND; NODE_IN_USE when a job copies the source already
   */
  static GraphModel insert(
      GraphModel model, CheckedNode filter, String device, String source, String target) {
    model.node(source);
    model.node(target);
    for (String parent : model.parents(source)) {
      NodeSpec spec = model.node(parent);
      if (spec.hidden() && source.equals(spec.children().get(FILE))) {
        throw new BlockException(
            ErrorCode.NODE_IN_USE,
            "node '" + source + "' is being backed up already; wait for that job or cancel it");
      }
    }
    GraphModel next = Edits.insertFilter(model, filter, source);
    next = next.with(next.node(filter.nodeName()).asHidden());
    // A target that is backed by the source keeps reading it directly: through the filter, it
    // would have itself below it.
    for (String below : model.reachable(Set.of(target))) {
      for (Map.Entry<String, String> child : model.node(below).children().entrySet()) {
        if (child.getValue().equals(source)) {
          next = next.with(next.node(below).withChild(child.getKey(), source));
        }
      }
    }
    Permissions reads = new Permissions(Permission.CONSISTENT_READ.bit(), Permissions.ALL);
    return next.with(new DeviceSpec(device, filter.nodeName(), reads, true));
  }

  /** The graph after the job. */
  static GraphModel remove(GraphModel model, String filter, String device) {
    return Edits.removeFilter(model.minusDevice(device), filter);
  }

  /** Whether some of what a node shows may come from a backing file. */
  static boolean hasBacking(GraphModel model, String node) {
    return model.reachable(Set.of(node)).stream()
        .map(model::node)
        .anyMatch(
            spec ->
                spec.children().keySet().stream()
                    .anyMatch(role -> spec.kind(role) == ChildKind.BACKING));
  }
}
