package io.ashlar.spi.contract;

import io.ashlar.spi.Background;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.Clock;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.QueuedRangeLock;
import java.util.function.Supplier;

/** The context of an open or a create; options stay, children and presence follow the host. */
final class TestContext implements OpenContext, CreateContext {
  private final TestHost host;
  private final Options options;
  private final NodeOptions nodeOptions;
  private final Permissions permissions;

  TestContext(TestHost host, Options options) {
    this.host = host;
    this.options = options;
    this.nodeOptions = host.nodeOptions();
    this.permissions = host.permissions();
  }

  @Override
  public String nodeName() {
    return host.nodeName();
  }

  @Override
  public Waits waits() {
    return host.waits();
  }

  @Override
  public Clock clock() {
    return host.clock();
  }

  @Override
  public FileIo fileIo() {
    return host.fileIo();
  }

  @Override
  public <T> T shared(Class<T> type, String name, Supplier<T> create) {
    return host.shared(type, name, create);
  }

  @Override
  public Options options() {
    return options;
  }

  @Override
  public NodeOptions nodeOptions() {
    return nodeOptions;
  }

  @Override
  public Permissions permissions() {
    return permissions;
  }

  @Override
  public ChildPresence presence(String role) {
    return host.presences.getOrDefault(role, ChildPresence.ABSENT);
  }

  @Override
  public Child child(String role) {
    return host.child(role);
  }

  @Override
  public RangeLock rangeLock(long granule) {
    return new QueuedRangeLock(host.waits(), granule);
  }

  @Override
  public Background background() {
    return host.background();
  }

  @Override
  public void report(NodeEvent event) {
    host.report(event);
  }
}
