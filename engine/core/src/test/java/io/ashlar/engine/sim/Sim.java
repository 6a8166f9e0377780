package io.ashlar.engine.sim;

import io.ashlar.engine.sim.Turn.Task;
import io.ashlar.engine.sim.Turn.Waiting;
import io.ashlar.spi.Clock;
import io.ashlar.spi.Waits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * A baton. One thread runs at a time; whenever a piece of work ends or waits, the seed picks what
 * goes on: a mailbox with a message, a task of a pool, or a thread whose wait is over. Time stands
 * still while anything can go on, then jumps to the next timer or deadline.
 *
 * <p>Work runs on whatever thread holds the baton. Only when it waits does another thread take
 * over, so that work that waits for nothing costs no change of threads.
 *
 * <p>There is one of it in a JVM, for Akka makes dispatchers, mailboxes and timers by class name.
 */
public final class Sim implements Clock {
  /** The only one. */
  public static final Sim INSTANCE = new Sim();

  /** A deadline that never comes. */
  public static final long NEVER = Timers.NEVER;

  private static final long START_MILLIS = 1_700_000_000_000L;
  private static final int STEP_LIMIT = 200_000;

  /** Ends work that still waits when a run is over. */
  @SuppressWarnings("serial")
  static final class Ended extends Error {
    Ended() {
      super("the run is over", null, false, false);
    }
  }

  private final List<Turn> ready = new ArrayList<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final List<Waiting> able = new ArrayList<>();
  private final Deque<Seat> idle = new ArrayDeque<>();
  private final Waits waits = new SimWaits(this);
  private final List<Throwable> failures = new ArrayList<>();
  private final Timers timers = new Timers();
  private SplittableRandom random = new SplittableRandom(0);
  private Seat holder;
  private Turn current = new Task("main", 0, () -> {});
  private long now;
  private long numbers;
  private int steps;
  private int limit;
  private long seed;
  private long trace;
  private boolean ending;
  private String stuck;
  private int hurry;
  private long hurryUntil;
  private List<String> log;

  private Sim() {}

  /** Starts a run; the calling thread is its main one and holds the baton until it waits. */
  public void begin(long newSeed) {
    begin(newSeed, 0);
  }

  /** The same at a later time. */
  public void begin(long newSeed, long nanos) {
    if (!ready.isEmpty() || !waiting.isEmpty()) {
      throw new IllegalStateException("the run before has not ended: " + describe());
    }
    seed = newSeed;
    random = new SplittableRandom(newSeed);
    holder = new Seat(Thread.currentThread());
    current = new Task("main", 0, () -> {});
    timers.clear();
    failures.clear();
    now = nanos;
    numbers = 0;
    steps = 0;
    limit = STEP_LIMIT;
    trace = 17;
    ending = false;
    stuck = null;
    hurry = 0;
    log = null;
  }

  /** Lets everything that still waits end with an error, and forgets timers. */
  public void end() {
    ending = true;
    hurry = 0;
    limit = Integer.MAX_VALUE;
    while (step()) {
      // until nothing is left
    }
    timers.clear();
    ending = false;
  }

  /** One time in {@code often}, time passes although there is work; until that much has passed. */
  void hurry(int often, long untilNanos) {
    hurry = often;
    hurryUntil = untilNanos;
  }

  /** Keeps a text for each turn and each {@link #note}. */
  public void keepLog() {
    log = new ArrayList<>();
  }

  public List<String> log() {
    return log == null ? List.of() : log;
  }

  /** Adds to the log, if one is kept. */
  public void note(String text) {
    if (log != null) {
      log.add(String.format("%6d %,15d ns  [%s] %s", steps, now, current.key, text));
    }
  }

  public boolean noting() {
    return log != null;
  }

  /** A number that stands for everything that happened. */
  public long traceHash() {
    return trace;
  }

  public int steps() {
    return steps;
  }

  public long seed() {
    return seed;
  }

  /** What tasks threw past everybody. */
  public List<Throwable> failures() {
    return failures;
  }

  public SplittableRandom random() {
    return random;
  }

  public Waits waits() {
    return waits;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public long currentTimeMillis() {
    return START_MILLIS + now / 1_000_000;
  }

  /** Whose turn it is: a mailbox by its path, a task by its number. */
  public String source() {
    return current.number == 0 ? current.key : current.key + "#" + current.number;
  }

  /** A pool whose threads never run out. */
  public Executor pool(String name) {
    return body -> execute(name, body);
  }

  /** Work for anybody. */
  public void execute(String key, Runnable body) {
    requireBaton();
    insert(new Task(key, ++numbers, body));
  }

  /** A mailbox that has something. */
  void executeMailbox(String path, Runnable body) {
    requireBaton();
    insert(new Task(path, 0, body));
  }

  /** Something that is to happen after so many nanoseconds. */
  Timers.Timer timer(long delay, Runnable body) {
    return timers.add(delay > NEVER - now ? NEVER : now + delay, ++numbers, body);
  }

  /** Lets everybody go on until nobody can; time passes as far as somebody waits for it. */
  public void settle() {
    block(() -> ready.isEmpty() && waiting.size() == 1, NEVER, "rest");
  }

  /** A place where anybody may go on. */
  public void pause() {
    block(() -> true, NEVER, "pause");
  }

  /** Waits until the condition holds or that time has come. */
  public void block(BooleanSupplier condition, long deadline, String what) {
    requireBaton();
    if (ending) {
      throw new Ended();
    }
    Turn turn = current;
    Seat mine = holder;
    boolean main = turn.key.equals("main");
    Waiting me = new Waiting(turn, mine, condition, deadline, what, main);
    waiting.add(me);
    Turn next = pick();
    if (next != me) {
      handOver(next);
      mine.await();
      holder = mine;
    }
    current = turn;
    if (main && stuck != null) {
      throw new AssertionError(stuck);
    }
    if (ending) {
      throw new Ended();
    }
  }

  private void handOver(Turn next) {
    if (next instanceof Waiting other) {
      other.seat.give();
    } else {
      Seat worker = idle.isEmpty() ? newWorker() : idle.pop();
      worker.first = next;
      worker.give();
    }
  }

  private Seat newWorker() {
    Seat[] seat = new Seat[1];
    Thread thread = new Thread(() -> work(seat[0]), "sim");
    thread.setDaemon(true);
    seat[0] = new Seat(thread);
    thread.start();
    return seat[0];
  }

  private void work(Seat seat) {
    while (true) {
      seat.await();
      holder = seat;
      Turn turn = seat.first;
      while (turn instanceof Task task) {
        run(task);
        turn = pick();
      }
      idle.push(seat);
      ((Waiting) turn).seat.give();
    }
  }

  /** For the end of a run, on the main thread: one more turn, false when there is none. */
  private boolean step() {
    if (ready.isEmpty() && waiting.isEmpty()) {
      return false;
    }
    Turn main = new Task("main", 0, () -> {});
    current = main;
    Turn next = pickAtEnd();
    if (next instanceof Task task) {
      run(task);
      current = main;
      return true;
    }
    Seat mine = holder;
    Waiting me = new Waiting(main, mine, () -> true, NEVER, "end", true);
    waiting.add(me);
    ((Waiting) next).seat.give();
    mine.await();
    holder = mine;
    current = main;
    return true;
  }

  private Turn pickAtEnd() {
    if (!ready.isEmpty()) {
      return ready.remove(0);
    }
    return waiting.remove(0);
  }

  private void run(Task task) {
    current = task;
    try {
      task.body.run();
    } catch (Ended e) {
      // the run is over
    } catch (Throwable e) {
      failures.add(e);
    }
  }

  private Turn pick() {
    while (true) {
      able.clear();
      for (Waiting w : waiting) {
        if (ending || w.ready.getAsBoolean()) {
          able.add(w);
        }
      }
      int all = ready.size() + able.size();
      if (all > 0 && !(hurry > 0 && random.nextInt(hurry) == 0 && passTime(hurryUntil))) {
        return chosen(all == 1 ? 0 : random.nextInt(all));
      }
      if (all == 0 && !passTime(NEVER - 1)) {
        stuck = "everybody waits for ever; seed " + seed + ": " + describe();
        return mainWaits();
      }
    }
  }

  private Turn chosen(int index) {
    Turn turn;
    if (index < ready.size()) {
      turn = ready.remove(index);
    } else {
      Waiting w = able.get(index - ready.size());
      waiting.remove(w);
      turn = w;
    }
    if (++steps > limit) {
      stuck = "no end after " + limit + " steps; seed " + seed + ": " + describe();
      limit = Integer.MAX_VALUE;
      insertAgain(turn);
      return mainWaits();
    }
    trace = trace * 1_000_003 + turn.key.hashCode() + 31 * (now + turn.number);
    return turn;
  }

  private void insertAgain(Turn turn) {
    if (turn instanceof Waiting w) {
      waiting.add(w);
    } else {
      insert(turn);
    }
  }

  private Turn mainWaits() {
    for (Waiting w : waiting) {
      if (w.main) {
        waiting.remove(w);
        return w;
      }
    }
    throw new IllegalStateException("nobody is there to hear: " + stuck);
  }

  /** Jumps to the next timer or deadline; false when there is none up to the limit. */
  private boolean passTime(long until) {
    long next = timers.next();
    for (Waiting w : waiting) {
      if (w.deadline > now) {
        next = Math.min(next, w.deadline);
      }
    }
    if (next > until) {
      return false;
    }
    now = Math.max(now, next);
    Turn before = current;
    current = new Task("timer", 0, () -> {});
    timers.fire(now);
    current = before;
    return true;
  }

  /** Sorted by key, then by age: the order in which Akka comes by follows random numbers. */
  private void insert(Turn turn) {
    int at = ready.size();
    while (at > 0 && later(ready.get(at - 1), turn)) {
      at--;
    }
    ready.add(at, turn);
  }

  private static boolean later(Turn a, Turn b) {
    int order = a.key.compareTo(b.key);
    return order > 0 || (order == 0 && a.number > b.number);
  }

  private void requireBaton() {
    if (holder == null || holder.thread != Thread.currentThread()) {
      throw new IllegalStateException(
          "thread " + Thread.currentThread().getName() + " acts without the baton");
    }
  }

  /** Who waits for what. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    waiting.forEach(w -> text.append(w.key).append(" waits for ").append(w.what).append("; "));
    ready.forEach(t -> text.append(t.key).append(" is ready; "));
    return text.toString();
  }
}
