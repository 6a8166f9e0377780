package io.ashlar.engine.graph;

import io.ashlar.spi.Clock;
import io.ashlar.spi.Environment;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.Waits;
import java.util.function.Supplier;

/** What the engine lends a driver, whatever it does. */
class NodeEnvironment implements Environment {
  private final String nodeName;
  private final NodeServices services;

  NodeEnvironment(String nodeName, NodeServices services) {
    this.nodeName = nodeName;
    this.services = services;
  }

  NodeServices services() {
    return services;
  }

  @Override
  public String nodeName() {
    return nodeName;
  }

  @Override
  public Waits waits() {
    return services.waits();
  }

  @Override
  public Clock clock() {
    return services.clock();
  }

  @Override
  public FileIo fileIo() {
    return services.fileIo();
  }

  @Override
  public <T> T shared(Class<T> type, String name, Supplier<T> create) {
    return services.shared().get(nodeName, type, name, create);
  }
}
