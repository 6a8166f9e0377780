package io.ashlar.engine.graph;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Options;
import java.util.Map;

/** What a driver is given to make an image. */
public final class CreateSetting extends NodeEnvironment implements CreateContext {
  private final Options options;
  private final Map<String, Edge> children;

  private CreateSetting(
      String name, NodeServices services, Options options, Map<String, Edge> children) {
    super(name, services);
    this.options = options;
    this.children = children;
  }

  /** Has the driver make an image, on the calling thread. */
  public static void run(
      BlockDriver driver,
      Options options,
      Map<String, Edge> children,
      String name,
      NodeServices services) {
    try {
      driver.create(new CreateSetting(name, services, options, children));
    } catch (BlockException e) {
      throw e;
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw new BlockException(
          ErrorCode.DRIVER_FAILED,
          "driver '"
              + driver.name()
              + "' failed in create with "
              + e
              + "; this is a defect of the driver",
          e);
    } finally {
      services.shared().release(name);
    }
  }

  @Override
  public Options options() {
    return options;
  }

  @Override
  public ChildPresence presence(String role) {
    return children.containsKey(role) ? ChildPresence.GIVEN : ChildPresence.ABSENT;
  }

  @Override
  public Child child(String role) {
    return NodeOpenContext.find(nodeName(), children, role);
  }
}
