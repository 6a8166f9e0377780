package io.ashlar.engine.graph;

import io.ashlar.engine.model.GraphModel;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The nodes and devices that are open, beside the model they follow. One structural change at a
 * time writes here; queries read what was published last.
 */
public final class GraphRuntime {
  private final Map<String, NodeHandle> nodes = new ConcurrentHashMap<>();
  private final Map<String, DeviceCore> devices = new ConcurrentHashMap<>();
  private final Set<String> held = ConcurrentHashMap.newKeySet();
  private volatile GraphModel model = GraphModel.EMPTY;

  /** Open nodes by name. */
  public Map<String, NodeHandle> nodes() {
    return nodes;
  }

  /** Attached devices by name. */
  public Map<String, DeviceCore> devices() {
    return devices;
  }

  /**
   * Names of nodes that stay quiesced because a call into their driver, of a change that is over,
   * has not returned.
   */
  public Set<String> held() {
    return Set.copyOf(held);
  }

  /** These nodes stay quiesced. */
  public void hold(Set<String> names) {
    held.addAll(names);
  }

  /** These nodes go on. */
  public void resume(Set<String> names) {
    held.removeAll(names);
  }

  /** Names of nodes that serve nothing any more. */
  public Set<String> failed() {
    return nodes.entrySet().stream()
        .filter(entry -> entry.getValue().failure() != null)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** The graph as it is. */
  public GraphModel model() {
    return model;
  }

  /** A change took effect. */
  public void publish(GraphModel next) {
    model = next;
  }
}
