package io.ashlar.engine.facade;

import io.ashlar.engine.api.DeviceStatistics;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.NodeStatistics;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** What queries say of the graph, from what was published last; they wait for nobody. */
final class GraphQueries {
  private final GraphRuntime runtime;

  GraphQueries(GraphRuntime runtime) {
    this.runtime = runtime;
  }

  /** All nodes but the engine's own. */
  List<NodeInfo> nodes() {
    GraphModel model = runtime.model();
    List<NodeInfo> all = new ArrayList<>();
    for (NodeSpec spec : model.nodes().values()) {
      if (!spec.hidden()) {
        all.add(node(model, spec.name()));
      }
    }
    return List.copyOf(all);
  }

  /**
   * One node.
   *
   * @throws BlockException NODE_NOT_FOUND
   */
  NodeInfo node(String name) {
    return node(runtime.model(), name);
  }

  /** The same in a graph that was just made. */
  NodeInfo node(GraphModel model, String name) {
    NodeSpec spec = model.node(name);
    NodeHandle handle = runtime.nodes().get(name);
    if (handle == null) {
      throw new BlockException(ErrorCode.NODE_NOT_FOUND, "node '" + name + "' was just removed");
    }
    List<String> parents = new ArrayList<>(model.parents(name));
    parents.addAll(model.devicesOn(name));
    return new NodeInfo(
        name,
        spec.driver().name(),
        spec.nodeOptions(),
        new LinkedHashMap<>(spec.options().asMap()),
        handle.core().length(),
        spec.children(),
        List.copyOf(parents),
        handle.core().bitmaps().infos(),
        handle.core().driver().details(),
        spec.active());
  }

  /** Counters of all nodes, the engine's own included. */
  List<NodeStatistics> statistics() {
    return runtime.nodes().values().stream().map(handle -> handle.core().statistics()).toList();
  }

  /** Counters of all devices, those of jobs included. */
  List<DeviceStatistics> deviceStatistics() {
    return runtime.devices().values().stream().map(DeviceCore::statistics).toList();
  }
}
