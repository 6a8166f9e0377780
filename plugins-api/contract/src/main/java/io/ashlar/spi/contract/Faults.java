package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Which operations of a {@link MemoryNode} fail; the content stays as it was then. */
public final class Faults {
  /** Sees each operation before it happens, from its own thread; may throw or wait. */
  @FunctionalInterface
  public interface Hook {
    /** Called before the operation. */
    void before(Operation operation, long offset, long length);
  }

  private record Rule(
      Operation operation, long start, long end, AtomicLong left, boolean once, ErrorCode code) {}

  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private volatile Hook hook = (operation, offset, length) -> {};

  /** The n-th operation of the kind from now on fails (1 = the next one), later ones do not. */
  public Faults failOnce(Operation operation, int nth, ErrorCode code) {
    return add(operation, 0, Long.MAX_VALUE, nth, true, code);
  }

  /** All operations of the kind fail from the n-th from now on. */
  public Faults failFrom(Operation operation, int nth, ErrorCode code) {
    return add(operation, 0, Long.MAX_VALUE, nth, false, code);
  }

  /** All operations of the kind that touch the range fail. */
  public Faults failRange(Operation operation, long start, long length, ErrorCode code) {
    return add(operation, start, start + length, 1, false, code);
  }

  /** Runs the hook before every operation; replaces an earlier one. */
  public Faults hook(Hook newHook) {
    hook = newHook;
    return this;
  }

  /** Forgets all faults and the hook. */
  public void clear() {
    rules.clear();
    hook = (operation, offset, length) -> {};
  }

  void apply(Operation operation, long offset, long length) {
    hook.before(operation, offset, length);
    for (Rule rule : rules) {
      if (rule.operation == operation && touches(rule, offset, length)) {
        long left = rule.left.decrementAndGet();
        if (left == 0 || left < 0 && !rule.once) {
          throw new BlockException(rule.code, "injected failure of " + operation);
        }
      }
    }
  }

  private static boolean touches(Rule rule, long offset, long length) {
    return offset < rule.end && offset + Math.max(length, 1) > rule.start;
  }

  private Faults add(
      Operation operation, long start, long end, int nth, boolean once, ErrorCode code) {
    rules.add(new Rule(operation, start, end, new AtomicLong(nth), once, code));
    return this;
  }
}
