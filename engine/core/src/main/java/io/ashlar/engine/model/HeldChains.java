package io.ashlar.engine.model;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.List;

/** What {@link DeviceSpec#chain} forbids. Pure functions. */
final class HeldChains {
  private HeldChains() {}

  /**
   * Checks a graph.
   *
   * @throws BlockException NODE_IN_USE naming the node and who else uses it
   */
  static void check(GraphModel graph) {
    graph.devices().values().forEach(device -> check(graph, device));
  }

  private static void check(GraphModel graph, DeviceSpec device) {
    List<String> chain = device.chain();
    for (int i = 0; i < chain.size(); i++) {
      String node = chain.get(i);
      if (!graph.nodes().containsKey(node)) {
        throw inUse(device, node, "it cannot be removed before the job's end");
      }
      for (String parent : graph.parents(node)) {
        boolean linked = i > 0 && parent.equals(chain.get(i - 1));
        if (!linked && (i > 0 || graph.node(parent).hidden())) {
          throw inUse(device, node, "node '" + parent + "' uses it too; remove that node first");
        }
      }
      if (i > 0 && !graph.node(chain.get(i - 1)).children().containsValue(node)) {
        throw inUse(
            device,
            node,
            "it cannot be taken away from below node '" + chain.get(i - 1) + "' before its end");
      }
      boolean between = i > 0 && i < chain.size() - 1;
      for (String user : graph.devicesOn(node)) {
        List<String> other = graph.devices().get(user).chain();
        if (other.isEmpty() ? between : !other.equals(chain)) {
          throw inUse(device, node, "device '" + user + "' uses it too; detach it first");
        }
      }
    }
  }

  private static BlockException inUse(DeviceSpec device, String node, String sentence) {
    return new BlockException(
        ErrorCode.NODE_IN_USE,
        "node '" + node + "' is in the hands of job device '" + device.name() + "': " + sentence);
  }
}
