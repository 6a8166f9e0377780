package io.ashlar.spi.contract;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemWaits;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * What a driver test needs of an engine, for one node: contexts made from plain values, children of
 * any kind, a clock that stands still, events that are kept. Setters return the host; they act on
 * the next open, create or reopen.
 */
public final class TestHost {
  final Map<String, TestChild> children = new ConcurrentHashMap<>();
  final Map<String, ChildPresence> presences = new ConcurrentHashMap<>();
  private final Map<String, Object> shared = new ConcurrentHashMap<>();
  private final List<NodeEvent> events = new CopyOnWriteArrayList<>();
  private final ManualClock manualClock = new ManualClock();
  private Waits waits = SystemWaits.INSTANCE;
  private Clock clock = manualClock;
  private FileIo fileIo;
  private String nodeName = "node0";
  private NodeOptions nodeOptions = NodeOptions.DEFAULTS;
  private Permissions permissions =
      new Permissions(
          Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE, Permission.RESIZE),
          Permissions.ALL);
  private TestBackground background = new TestBackground(waits);

  /** A host without children and files, with the JDK's waits and a clock that stands still. */
  public static TestHost create() {
    return new TestHost();
  }

  /** Gives a child. */
  public TestHost child(String role, BlockNode node) {
    children.put(role, new TestChild(role, node));
    presences.put(role, ChildPresence.GIVEN);
    return this;
  }

  /** Says that a child is not wanted, as {@code backing = null} does. */
  public TestHost detached(String role) {
    children.remove(role);
    presences.put(role, ChildPresence.DETACHED);
    return this;
  }

  /** Sets the node's name. */
  public TestHost nodeName(String name) {
    nodeName = name;
    return this;
  }

  /** Sets the generic options. */
  public TestHost nodeOptions(NodeOptions options) {
    nodeOptions = options;
    return this;
  }

  /** Shorthand for the generic option. */
  public TestHost readOnly(boolean value) {
    return nodeOptions(nodeOptions.withReadOnly(value));
  }

  /** Sets what the users of the node use and share. */
  public TestHost permissions(Permissions value) {
    permissions = value;
    return this;
  }

  /** Sets the files. */
  public TestHost fileIo(FileIo files) {
    fileIo = files;
    return this;
  }

  /** Sets another way to wait. */
  public TestHost waits(Waits newWaits) {
    waits = newWaits;
    background = new TestBackground(newWaits);
    return this;
  }

  /** Sets another clock. */
  public TestHost clock(Clock newClock) {
    clock = newClock;
    return this;
  }

  /** The clock that stands still, unless another was set. */
  public ManualClock manualClock() {
    return manualClock;
  }

  /** The edge of a given child. */
  public TestChild child(String role) {
    TestChild child = children.get(role);
    if (child == null) {
      throw new BlockException(ErrorCode.INTERNAL, "there is no child '" + role + "'");
    }
    return child;
  }

  /** The tickets of the driver's own I/O. */
  public TestBackground background() {
    return background;
  }

  /** Everything that was reported, in order. */
  public List<NodeEvent> events() {
    return List.copyOf(events);
  }

  /** Opens a node without options. */
  public BlockNode open(BlockDriver driver) {
    return open(driver, Map.of());
  }

  /**
   * Opens a node.
   *
   * @param options the driver's options by name, without children
   * @throws BlockException INVALID_OPTION for values that do not fit the schema, or the driver's
   *     own
   */
  public BlockNode open(BlockDriver driver, Map<String, ?> options) {
    OptionSchema schema = driver.options();
    checkChildren(schema);
    return driver.open(new TestContext(this, OptionChecks.check(schema, options)));
  }

  /** Makes an image, as {@link #open(BlockDriver, Map)} opens one. */
  public void create(BlockDriver driver, Map<String, ?> options) {
    OptionSchema schema =
        driver
            .createOptions()
            .orElseThrow(
                () ->
                    new BlockException(
                        ErrorCode.NOT_SUPPORTED,
                        "driver '" + driver.name() + "' cannot create images"));
    checkChildren(schema);
    driver.create(new TestContext(this, OptionChecks.check(schema, options)));
  }

  /** Begins a change of a node that this host opened, with the same options and children so far. */
  public TestReopen reopen(BlockDriver driver, BlockNode node) {
    return new TestReopen(this, driver, node);
  }

  String nodeName() {
    return nodeName;
  }

  NodeOptions nodeOptions() {
    return nodeOptions;
  }

  Permissions permissions() {
    return permissions;
  }

  Waits waits() {
    return waits;
  }

  Clock clock() {
    return clock;
  }

  FileIo fileIo() {
    if (fileIo == null) {
      throw new BlockException(ErrorCode.INTERNAL, "this test gave no FileIo");
    }
    return fileIo;
  }

  <T> T shared(Class<T> type, String name, Supplier<T> create) {
    return type.cast(shared.computeIfAbsent(type.getName() + " " + name, key -> create.get()));
  }

  void report(NodeEvent event) {
    events.add(event);
  }

  private void checkChildren(OptionSchema schema) {
    for (String role : presences.keySet()) {
      if (schema.child(role).isEmpty()) {
        throw new BlockException(ErrorCode.INVALID_OPTION, "unknown child '" + role + "'");
      }
    }
    for (ChildSpec spec : schema.children()) {
      if (spec.required() && presences.get(spec.role()) != ChildPresence.GIVEN) {
        throw new BlockException(
            ErrorCode.INVALID_OPTION, "child '" + spec.role() + "' is missing");
      }
    }
  }
}
