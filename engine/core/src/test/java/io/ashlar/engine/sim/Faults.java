package io.ashlar.engine.sim;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What goes wrong in the calls into drivers: at the n-th call, once or for ever at that node. */
final class Faults {
  /** How a call fails. */
  enum Kind {
    /** The storage reports an error. */
    REFUSE,
    /** No space. */
    FULL,
    /** It takes effect and reports an error. */
    AFTER,
    /** The driver throws what it should not. */
    THROW,
    /** The driver ends with an error of the virtual machine's kind. */
    ERROR,
    /** It answers well, long after everybody's patience. */
    LATE,
    /** It answers late, and badly. */
    LATE_REFUSE,
    /** It takes a while. */
    SLOW
  }

  /**
   * A fault.
   *
   * @param call only calls of this name count, all of them when it is {@code null}
   * @param at which call into a driver, from 1
   * @param forEver every later call of that node that may fail fails too
   */
  record Fault(String call, int at, Kind kind, boolean forEver) {}

  /** A fault that happened. */
  record Fired(String node, String call, Kind kind, boolean guest, boolean job) {}

  private static final Set<String> CANNOT_FAIL =
      Set.of("commit", "abort", "drainBegin", "drainEnd", "discard-staged");
  private static final Set<String> FOR_EVER =
      Set.of(
          SimJournals.CALL + "open",
          SimJournals.CALL + "persist",
          SimJournals.CALL + "resume",
          "write",
          "flush",
          "sync",
          "stage",
          "publish",
          "arm",
          "prepareReopen",
          "open");

  private final Sim sim;
  private final List<Fired> fired = new ArrayList<>();
  private List<Fault> plan = List.of();
  private Fault broken;
  private String brokenNode;
  private int calls;
  private final Map<String, Integer> callsByName = new HashMap<>();

  Faults(Sim sim) {
    this.sim = sim;
  }

  /** From now on these; counting starts anew. */
  void plan(List<Fault> next) {
    plan = next;
    calls = 0;
    callsByName.clear();
    broken = null;
    fired.clear();
  }

  /** Nothing fails any more. */
  void stop() {
    plan = List.of();
    broken = null;
  }

  List<Fired> fired() {
    return fired;
  }

  /** Calls since the plan was made. */
  int calls() {
    return calls;
  }

  /**
   * A call into a driver.
   *
   * @return true when it must take effect and then fail by {@link #failure}
   */
  boolean at(String node, String call) {
    calls++;
    callsByName.merge(call, 1, Integer::sum);
    if (sim.noting()) {
      sim.note("call " + calls + ": " + node + "." + call);
    }
    Fault fault = due(node, call);
    if (fault == null) {
      return false;
    }
    Kind kind = fault.kind();
    if (CANNOT_FAIL.contains(call) && kind != Kind.LATE) {
      kind = Kind.SLOW;
    }
    boolean guest = sim.source().startsWith("guest");
    boolean job = sim.source().startsWith("job") || sim.source().startsWith("ashlar-job");
    fired.add(new Fired(node, call, kind, guest, job));
    if (sim.noting()) {
      sim.note("fault " + kind + " at call " + calls + ": " + node + "." + call);
    }
    switch (kind) {
      case REFUSE -> throw failure(node, call);
      case FULL ->
          throw new BlockException(ErrorCode.NO_SPACE, "injected: no space, " + node + "." + call);
      case AFTER -> {
        return true;
      }
      case THROW -> throw new IllegalStateException("injected: " + node + "." + call);
      case ERROR -> throw new AssertionError("injected: " + node + "." + call);
      case LATE -> sim.waits().sleep(TimeUnit.SECONDS.toNanos(50 + sim.random().nextInt(200)));
      case LATE_REFUSE -> {
        sim.waits().sleep(TimeUnit.SECONDS.toNanos(50 + sim.random().nextInt(200)));
        throw failure(node, call);
      }
      case SLOW -> sim.waits().sleep(TimeUnit.MILLISECONDS.toNanos(1 + sim.random().nextInt(9)));
    }
    return false;
  }

  static BlockException failure(String node, String call) {
    return new BlockException(ErrorCode.IO_ERROR, "injected: " + node + "." + call + " failed");
  }

  private Fault due(String node, String call) {
    for (Fault fault : plan) {
      int count =
          fault.call() == null ? calls : fault.call().equals(call) ? callsByName.get(call) : -1;
      if (fault.at() == count) {
        if (fault.forEver()) {
          broken = fault;
          brokenNode = node;
        }
        return fault;
      }
    }
    return broken != null && node.equals(brokenNode) && FOR_EVER.contains(call) ? broken : null;
  }
}
