package io.ashlar.spi;

import java.util.function.Supplier;

/**
 * What the engine lends a driver, whatever the driver is doing. A driver blocks through nothing
 * else.
 */
public interface Environment {
  /** The name of the node, for messages. */
  String nodeName();

  /** Locks, conditions, sleep, threads. */
  Waits waits();

  /** Time. */
  Clock clock();

  /** Files. */
  FileIo fileIo();

  /**
   * An object shared by all nodes of the engine under a name, such as a throttle group; made by the
   * first who asks and forgotten when the last node that asked is closed.
   *
   * @param type its class, a name space of its own
   * @param name its name
   * @param create makes it; runs at most once at a time
   */
  <T> T shared(Class<T> type, String name, Supplier<T> create);
}
