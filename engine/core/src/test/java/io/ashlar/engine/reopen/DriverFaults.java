package io.ashlar.engine.reopen;

import io.ashlar.engine.option.Drivers;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * Drivers with faults in front of the calls that a change makes: each call of a change is counted,
 * and the chosen one throws, or does not return until it is released.
 */
final class DriverFaults {
  /** What happens instead of a call, or before it. */
  enum Fault {
    /** The call is refused with an error of the storage. */
    REFUSES,
    /** The driver is defective. */
    THROWS,
    /** The call is made when it is released. */
    HANGS
  }

  /**
   * A call.
   *
   * @param number counts equal calls since the last {@link #clear}; 0 chooses each of them
   */
  record Call(String node, String name, int number) {
    /** Every call of that name. */
    static Call each(String node, String name) {
      return new Call(node, name, 0);
    }

    private boolean isMeantBy(Call chosen) {
      return equals(chosen) || new Call(node, name, 0).equals(chosen);
    }
  }

  private static final Set<String> COUNTED =
      Set.of("prepareReopen", "drainBegin", "drainEnd", "close", "arm", "stage", "publish");

  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> numbers = new ConcurrentHashMap<>();

  /** Open steps by node: prepared, and neither committed nor aborted. */
  private final Map<String, Integer> openSteps = new ConcurrentHashMap<>();

  private final Map<String, Integer> drains = new ConcurrentHashMap<>();
  private final List<String> closed = new CopyOnWriteArrayList<>();
  private volatile Call chosen;
  private volatile Fault fault;
  private volatile CountDownLatch entered = new CountDownLatch(1);
  private volatile CountDownLatch released = new CountDownLatch(1);

  /** Forgets what was called and what was chosen. */
  void clear() {
    chosen = null;
    calls.clear();
    numbers.clear();
    closed.clear();
  }

  void choose(Call call, Fault what) {
    clear();
    entered = new CountDownLatch(1);
    released = new CountDownLatch(1);
    fault = what;
    chosen = call;
  }

  List<Call> calls() {
    return List.copyOf(calls);
  }

  /** Waits until the chosen call is made. */
  void awaitHanging() {
    try {
      entered.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void release() {
    released.countDown();
  }

  /** Steps that were neither committed nor aborted. */
  int openSteps() {
    return openSteps.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Drains that began and are not over, or are over more often. */
  boolean drainsBalance() {
    return drains.values().stream().allMatch(n -> n == 0);
  }

  List<String> closed() {
    return List.copyOf(closed);
  }

  private void count(String node, String name) {
    Call call = new Call(node, name, numbers.merge(node + " " + name, 1, Integer::sum));
    calls.add(call);
    if (!call.isMeantBy(chosen)) {
      return;
    }
    entered.countDown();
    switch (fault) {
      case REFUSES ->
          throw new BlockException(ErrorCode.IO_ERROR, "injected into " + name + " of " + node);
      case THROWS -> throw new AssertionError("injected into " + name + " of " + node);
      case HANGS -> {
        try {
          released.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  Drivers around(Drivers found) {
    return new Drivers() {
      @Override
      public Optional<BlockDriver> lookUp(String name) {
        return found.lookUp(name).map(Faulty::new);
      }

      @Override
      public Collection<String> names() {
        return found.names();
      }
    };
  }

  private final class Faulty implements BlockDriver {
    private final BlockDriver real;

    Faulty(BlockDriver real) {
      this.real = real;
    }

    @Override
    public String name() {
      return real.name();
    }

    @Override
    public int apiLevel() {
      return real.apiLevel();
    }

    @Override
    public OptionSchema options() {
      return real.options();
    }

    @Override
    public BlockNode open(OpenContext context) {
      count(context.nodeName(), "open");
      return wrap(context.nodeName(), real.open(context));
    }

    @Override
    public Optional<OptionSchema> createOptions() {
      return real.createOptions();
    }

    @Override
    public void create(CreateContext context) {
      real.create(context);
    }

    @Override
    public Optional<ImageReport> inspect(BlockIo file) {
      return real.inspect(file);
    }
  }

  private BlockNode wrap(String node, Object real) {
    return (BlockNode)
        Proxy.newProxyInstance(
            BlockNode.class.getClassLoader(),
            interfaces(real.getClass()).toArray(Class<?>[]::new),
            (proxy, method, arguments) -> call(node, (BlockNode) proxy, real, method, arguments));
  }

  private Object call(String node, BlockNode self, Object real, Method method, Object[] arguments)
      throws Throwable {
    String name = method.getName();
    if (name.equals("equals")) {
      return self == arguments[0];
    }
    if (COUNTED.contains(name)) {
      String pass = name.equals("prepareReopen") ? " " + ((ReopenContext) arguments[0]).pass() : "";
      count(node, name + pass);
      if (name.equals("drainBegin")) {
        drains.merge(node, 1, Integer::sum);
      } else if (name.equals("drainEnd")) {
        drains.merge(node, -1, Integer::sum);
      } else if (name.equals("close")) {
        drains.remove(node); // and so a call that comes later is one too many
        closed.add(node);
      }
    }
    Object result = invoke(real, method, arguments);
    return result instanceof ReopenStep step ? step(node, self, real, step) : result;
  }

  private ReopenStep step(String node, BlockNode self, Object real, ReopenStep step) {
    openSteps.merge(node, 1, Integer::sum);
    BlockNode staged = step.staged() == real ? self : wrap(node, step.staged());
    return new ReopenStep() {
      private boolean over;

      @Override
      public BlockNode staged() {
        return staged;
      }

      @Override
      public void commit() {
        step.commit();
        end();
        count(node, "commit");
      }

      @Override
      public void abort() {
        count(node, "abort");
        step.abort();
        end();
      }

      private void end() {
        if (!over) {
          over = true;
          openSteps.merge(node, -1, Integer::sum);
        }
      }
    };
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      method.setAccessible(true);
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static List<Class<?>> interfaces(Class<?> type) {
    Set<Class<?>> all = new LinkedHashSet<>();
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      for (Class<?> one : at.getInterfaces()) {
        if (one.getName().startsWith("io.ashlar.spi.")) {
          all.add(one);
        }
      }
    }
    return new ArrayList<>(all);
  }
}
