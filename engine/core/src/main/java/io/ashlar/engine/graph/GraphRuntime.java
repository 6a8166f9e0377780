package io.ashlar.engine.graph;

import io.ashlar.engine.model.GraphModel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The nodes and devices that are open, beside the model they follow. One structural change at a
 * time writes here; queries read what was published last.
 */
public final class GraphRuntime {
  private final Map<String, NodeHandle> nodes = new ConcurrentHashMap<>();
  private final Map<String, DeviceCore> devices = new ConcurrentHashMap<>();
  private volatile GraphModel model = GraphModel.EMPTY;

  /** Open nodes by name. */
  public Map<String, NodeHandle> nodes() {
    return nodes;
  }

  /** Attached devices by name. */
  public Map<String, DeviceCore> devices() {
    return devices;
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
