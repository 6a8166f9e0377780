package io.ashlar.engine.facade;

import io.ashlar.engine.api.Event;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to subscribers, each with a bounded queue and on its own executor; publishing never
 * waits.
 */
public final class EventHub {
  private static final Logger LOG = LoggerFactory.getLogger("io.ashlar.engine.events");

  private final int capacity;
  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();

  EventHub(int capacity) {
    this.capacity = capacity;
  }

  /** Tells every subscriber. */
  public void publish(Event event) {
    subscribers.forEach(subscriber -> subscriber.offer(event));
  }

  AutoCloseable subscribe(Executor executor, Consumer<Event> listener) {
    Subscriber subscriber = new Subscriber(executor, listener, capacity);
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  private static final class Subscriber {
    private final Executor executor;
    private final Consumer<Event> listener;
    private final int capacity;
    private final Queue<Event> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong missed = new AtomicLong();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    Subscriber(Executor executor, Consumer<Event> listener, int capacity) {
      this.executor = executor;
      this.listener = listener;
      this.capacity = capacity;
    }

    void offer(Event event) {
      if (waiting.incrementAndGet() > capacity) {
        waiting.decrementAndGet();
        missed.incrementAndGet();
      } else {
        queue.add(event);
      }
      schedule();
    }

    private void schedule() {
      if (scheduled.compareAndSet(false, true)) {
        try {
          executor.execute(this::drain);
        } catch (RuntimeException e) {
          scheduled.set(false);
          LOG.warn("a subscriber's executor refused an event", e);
        }
      }
    }

    private void drain() {
      try {
        for (Event event = queue.poll(); event != null; event = queue.poll()) {
          waiting.decrementAndGet();
          tell(event);
        }
        long lost = missed.getAndSet(0);
        if (lost > 0) {
          tell(new Event.Missed(lost));
        }
      } finally {
        scheduled.set(false);
      }
      if (!queue.isEmpty()) {
        schedule();
      }
    }

    private void tell(Event event) {
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        LOG.warn("a subscriber failed on {}", event, e);
      }
    }
  }
}
