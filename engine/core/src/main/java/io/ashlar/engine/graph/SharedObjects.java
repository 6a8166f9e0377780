package io.ashlar.engine.graph;

import io.ashlar.spi.Waits;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Objects that several nodes share by name, such as throttle groups, each as long as a node that
 * asked is open.
 */
public final class SharedObjects {
  private record Key(Class<?> type, String name) {}

  private static final class Entry {
    private final Object value;
    private final Set<String> users = new HashSet<>();

    Entry(Object value) {
      this.value = value;
    }
  }

  private final Waits.WaitLock lock;
  private final Map<Key, Entry> entries = new HashMap<>();

  /** No objects yet. */
  public SharedObjects(Waits waits) {
    lock = waits.newLock();
  }

  /** The object of that class and name, made now if it is not there. */
  public <T> T get(String node, Class<T> type, String name, Supplier<T> create) {
    lock.lock();
    try {
      Key key = new Key(type, name);
      Entry entry = entries.get(key);
      if (entry == null) {
        entry = new Entry(create.get());
        entries.put(key, entry);
      }
      entry.users.add(node);
      return type.cast(entry.value);
    } finally {
      lock.unlock();
    }
  }

  /** The node is closed: what nobody else uses is forgotten. */
  public void release(String node) {
    lock.lock();
    try {
      entries.values().removeIf(entry -> entry.users.remove(node) && entry.users.isEmpty());
    } finally {
      lock.unlock();
    }
  }
}
