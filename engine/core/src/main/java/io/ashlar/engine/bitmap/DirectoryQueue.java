package io.ashlar.engine.bitmap;

import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The work of a directory in its order: one piece at a time, on the drivers' threads. While a
 * change of the node or a transaction is undecided, users' commands wait and its own pieces pass
 * them. Belongs to one actor.
 */
final class DirectoryQueue {
  /** A piece of work is done, and what follows. */
  enum Finished {
    SERVE_NEXT,
    /** The node's change is undecided from now on. */
    HOLD,
    /** It is decided. */
    RELEASE,
    /** A transaction over the bitmaps is undecided from now on. */
    STAGE,
    /** It is decided. */
    UNSTAGE
  }

  /**
   * A piece of work; {@code then} says what follows its success.
   *
   * @param ofNode part of a change of the graph, done also while users' commands are held back
   */
  private record Job<T>(
      String what,
      boolean ofNode,
      ActorRef<StatusReply<T>> replyTo,
      Supplier<T> body,
      Finished then) {

    void fail(BlockException error) {
      replyTo.tell(StatusReply.error(error));
    }
  }

  private final String node;
  private final NodeBitmaps bitmaps;
  private final Executor drivers;
  private final Consumer<Finished> self;
  private final Deque<Job<?>> waiting = new ArrayDeque<>();
  private boolean busy;

  /**
   * An empty queue.
   *
   * @param self sends the end of a piece of work to the actor, which calls {@link #finished}
   */
  DirectoryQueue(String node, NodeBitmaps bitmaps, Executor drivers, Consumer<Finished> self) {
    this.node = node;
    this.bitmaps = bitmaps;
    this.drivers = drivers;
    this.self = self;
  }

  <T> void add(
      String what,
      boolean ofNode,
      ActorRef<StatusReply<T>> replyTo,
      Supplier<T> body,
      Finished then) {
    waiting.add(new Job<>(what, ofNode, replyTo, body, then));
    serveNext();
  }

  /** A query: done beside the others, from what was published last. */
  <T> void aside(String what, ActorRef<StatusReply<T>> replyTo, Supplier<T> body) {
    start(new Job<>(what, false, replyTo, body, Finished.SERVE_NEXT), body, ended -> {});
  }

  void finished(Finished how) {
    busy = false;
    serveNext();
  }

  void close() {
    waiting.forEach(
        job -> job.fail(new BlockException(ErrorCode.CLOSED, "node '" + node + "' was closed")));
    waiting.clear();
  }

  private void serveNext() {
    Iterator<Job<?>> jobs = waiting.iterator();
    while (!busy && jobs.hasNext()) {
      Job<?> job = jobs.next();
      if ((bitmaps.held() || bitmaps.staged()) && !job.ofNode()) {
        continue;
      }
      jobs.remove();
      busy = true;
      if (!startAlone(job)) {
        busy = false;
      }
    }
  }

  private <T> boolean startAlone(Job<T> job) {
    return start(job, () -> bitmaps.alone(() -> settled(job)), self);
  }

  private void settle(Finished then, boolean done) {
    switch (then) {
      case RELEASE -> bitmaps.hold(false);
      case UNSTAGE -> bitmaps.stage(false);
      case HOLD -> bitmaps.hold(done || bitmaps.held());
      case STAGE -> bitmaps.stage(done || bitmaps.staged());
      case SERVE_NEXT -> {}
    }
  }

  /** Whether others wait from now on is settled together with the work. */
  private <T> T settled(Job<T> job) {
    boolean done = false;
    try {
      T value = job.body().get();
      done = true;
      return value;
    } finally {
      settle(job.then(), done);
    }
  }

  /** Has it done on a driver's thread, where the reply is sent too; false when it cannot be. */
  private <T> boolean start(Job<T> job, Supplier<T> body, Consumer<Finished> ended) {
    try {
      drivers.execute(() -> run(job, body, ended));
      return true;
    } catch (RuntimeException e) {
      job.fail(
          new BlockException(
              ErrorCode.CLOSED, "the engine of node '" + node + "' is shutting down", e));
      return false;
    }
  }

  /** The actor hears of the end before the asker does, so that what he sends next comes later. */
  private <T> void run(Job<T> job, Supplier<T> body, Consumer<Finished> ended) {
    T value;
    try {
      value = body.get();
    } catch (RuntimeException | Error e) {
      ended.accept(ofFailure(job.then()));
      job.fail(explained(job.what(), e));
      return;
    }
    ended.accept(job.then());
    job.replyTo().tell(StatusReply.success(value));
  }

  /** What lets users' commands pass does so although it failed. */
  private static Finished ofFailure(Finished then) {
    return switch (then) {
      case RELEASE, UNSTAGE -> then;
      case SERVE_NEXT, HOLD, STAGE -> Finished.SERVE_NEXT;
    };
  }

  private BlockException explained(String what, Throwable cause) {
    if (!(cause instanceof BlockException known)) {
      return new BlockException(
          ErrorCode.INTERNAL,
          what + " bitmaps of node '" + node + "' failed with " + cause + "; this is a defect",
          cause);
    }
    if (String.valueOf(known.getMessage()).contains("'" + node + "'")) {
      return known;
    }
    return new BlockException(known.code(), "node '" + node + "': " + known.getMessage(), known);
  }
}
