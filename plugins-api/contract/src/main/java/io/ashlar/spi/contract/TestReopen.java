package io.ashlar.spi.contract;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.Waits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One change of one node: say what is to differ, prepare one or both passes, then commit or abort.
 * The order is the engine's: on commit edges are switched and steps committed; on abort steps are
 * undone backwards.
 */
public final class TestReopen {
  private final TestHost host;
  private final BlockDriver driver;
  private final BlockNode node;
  private final Map<String, TestChild> staged = new LinkedHashMap<>();
  private final Map<String, ChildPresence> presences = new LinkedHashMap<>();
  private final List<ReopenStep> steps = new ArrayList<>();
  private Map<String, ?> options = Map.of();
  private NodeOptions nodeOptions;
  private Permissions permissions;

  TestReopen(TestHost host, BlockDriver driver, BlockNode node) {
    this.host = host;
    this.driver = driver;
    this.node = node;
    this.nodeOptions = host.nodeOptions();
    this.permissions = host.permissions();
    this.presences.putAll(host.presences);
  }

  /** All of the driver's options after the change, not only those that differ. */
  public TestReopen options(Map<String, ?> all) {
    options = all;
    return this;
  }

  /** The generic options after the change. */
  public TestReopen nodeOptions(NodeOptions value) {
    nodeOptions = value;
    return this;
  }

  /** Shorthand for the generic option. */
  public TestReopen readOnly(boolean value) {
    return nodeOptions(nodeOptions.withReadOnly(value));
  }

  /** The permissions after the change. */
  public TestReopen permissions(Permissions value) {
    permissions = value;
    return this;
  }

  /** The node behind a child after the change; it answers already during the UP pass. */
  public TestReopen child(String role, BlockNode target) {
    staged.put(role, new TestChild(role, target));
    presences.put(role, ChildPresence.GIVEN);
    return this;
  }

  /** The child is not wanted after the change. */
  public TestReopen detached(String role) {
    staged.remove(role);
    presences.put(role, ChildPresence.DETACHED);
    return this;
  }

  /** Runs one pass; the step is also remembered for {@link #commit} and {@link #abort}. */
  public ReopenStep prepare(ReopenPass pass) {
    Options checked = OptionChecks.check(driver.options(), options);
    ReopenStep step = node.prepareReopen(new Context(pass, checked));
    steps.add(step);
    return step;
  }

  /** Switches the edges and commits every step in order of preparation. */
  public void commit() {
    staged.forEach(
        (role, child) -> {
          TestChild present = host.children.putIfAbsent(role, child);
          if (present != null) {
            present.swap(child.target());
          }
        });
    host.presences.clear();
    host.presences.putAll(presences);
    host.children.keySet().removeIf(role -> presences.get(role) != ChildPresence.GIVEN);
    host.nodeOptions(nodeOptions).permissions(permissions);
    steps.forEach(ReopenStep::commit);
  }

  /** Undoes every step, the last one first. */
  public void abort() {
    for (int i = steps.size() - 1; i >= 0; i--) {
      steps.get(i).abort();
    }
  }

  private final class Context implements ReopenContext {
    private final ReopenPass pass;
    private final Options checked;

    Context(ReopenPass pass, Options checked) {
      this.pass = pass;
      this.checked = checked;
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
    public ReopenPass pass() {
      return pass;
    }

    @Override
    public Options options() {
      return checked;
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
      return presences.getOrDefault(role, ChildPresence.ABSENT);
    }

    @Override
    public Child child(String role) {
      if (pass == ReopenPass.DOWN) {
        return host.child(role);
      }
      TestChild next = staged.get(role);
      return next == null ? host.child(role) : next;
    }
  }
}
