package io.ashlar.engine.journal;

import akka.actor.typed.ActorRef;
import io.ashlar.engine.journal.BitmapJournal.Command;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening of a journal: its file and its actor, until either is given up. It may rest: the file
 * is let go, the actor keeps nothing, and what is known stays in memory.
 */
final class LiveJournal {
  private static final Logger LOG = LoggerFactory.getLogger(LiveJournal.class);

  private final JournalServices services;
  private final JournalPlacement place;
  private final ImageJournals.Opened file;
  private final Consumer<LiveJournal> died;
  private final Answer<JournalState> recovered;
  private final Answer<ActorRef<Command>> started;
  private final Answer<Boolean> ended;
  private final Answer<Boolean> closed;
  private final Set<Answer<JournalState>> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicBoolean closing = new AtomicBoolean();

  /** The last call into the file that may still hang; null when there was none. */
  private volatile BoundedCall<?> pending;

  private volatile boolean hasEnded;
  private volatile boolean retired;

  /** The actor did all that it was told before its end. */
  private volatile boolean endedInOrder;

  private volatile boolean closesWhenEnded;
  private Optional<ImageRecords> timed;
  private ActorRef<Command> actor;
  private JournalState state = JournalState.EMPTY;
  private long lastChange;
  private List<LifecycleEvent> first = List.of();

  /**
   * An opening.
   *
   * @param place where it is and whose
   * @param died is told, by the directory's actor, when the journal's actor ended unasked
   */
  LiveJournal(
      JournalServices services,
      JournalPlacement place,
      ImageJournals.Opened file,
      Consumer<LiveJournal> died) {
    this.services = services;
    this.place = place;
    this.file = file;
    this.died = died;
    recovered = new Answer<>(services.waits());
    started = new Answer<>(services.waits());
    ended = new Answer<>(services.waits());
    closed = new Answer<>(services.waits());
  }

  /**
   * Starts the actor and reads what is kept.
   *
   * @param end when that takes too long, on the clock
   * @throws BlockException it cannot be read; call {@link #giveUp}
   */
  void start(JournalChild.Host host, long end) {
    host.tell(
        new JournalChild.Start(
            BitmapJournal.create(file.persistenceId(), file.plugins(), recovered, this::onEnded),
            started,
            this::onEnded));
    actor = started.await(services.limitNanos());
    state = recovered.await(end - services.clock().nanoTime());
    lastChange = state.lastChange();
  }

  /** After everything that is kept so far. */
  JournalState state() {
    return state;
  }

  long nextChange() {
    return ++lastChange;
  }

  /** Whose journal it is; null where nobody can tell. */
  JournalIdentity identity() {
    return file.records().map(ImageRecords::identity).orElse(null);
  }

  /** For records of other kinds; always the same. */
  Optional<ImageRecords> records(ImageTime time) {
    if (timed == null) {
      timed = file.records().<ImageRecords>map(found -> new TimedRecords(found, time));
    }
    return timed;
  }

  boolean hasEnded() {
    return hasEnded;
  }

  /**
   * Keeps events and waits for it.
   *
   * @throws BlockException nobody knows whether they are kept; call {@link #giveUp}
   */
  void keep(List<LifecycleEvent> events) {
    awaitKept(keepNow(events));
  }

  /** Keeps events, and lets {@link #awaitKept} wait for it. */
  Answer<JournalState> keepNow(List<LifecycleEvent> events) {
    Answer<JournalState> answer = new Answer<>(services.waits());
    waiting.add(answer);
    if (hasEnded) {
      answer.fail(gone());
    } else {
      actor.tell(new BitmapJournal.Keep(withFirst(events), answer));
    }
    return answer;
  }

  /**
   * Waits until events are kept; once for each answer.
   *
   * @throws BlockException nobody knows whether they are; call {@link #giveUp}
   */
  void awaitKept(Answer<JournalState> answer) {
    try {
      state = answer.await(services.limitNanos());
    } finally {
      waiting.remove(answer);
    }
  }

  private List<LifecycleEvent> withFirst(List<LifecycleEvent> events) {
    List<LifecycleEvent> all = new ArrayList<>(first);
    all.addAll(events);
    first = List.of();
    return List.copyOf(all);
  }

  /** Keeps events together with the next ones, and not at all when there are none. */
  void keepWithNext(List<LifecycleEvent> events) {
    first = List.copyOf(events);
  }

  /** Keeps events while the caller goes on; if it cannot, the actor ends. */
  void keepUnwaited(List<LifecycleEvent> events) {
    actor.tell(new BitmapJournal.Keep(withFirst(events), new Answer<>(services.waits())));
  }

  /** Keeps events with the next ones, or in a moment; if it cannot, the actor ends. */
  void keepSoon(List<LifecycleEvent> events) {
    actor.tell(new BitmapJournal.KeepSoon(withFirst(events)));
  }

  /**
   * Keeps what is to be kept, and lets go of the file.
   *
   * @throws BlockException it cannot, or nobody knows; call {@link #giveUp}
   */
  void rest() {
    over.set(true);
    Answer<JournalState> answer = new Answer<>(services.waits());
    waiting.add(answer);
    try {
      if (hasEnded) {
        throw gone();
      }
      actor.tell(new BitmapJournal.Rest(answer));
      state = answer.await(services.limitNanos());
    } finally {
      waiting.remove(answer);
    }
    BoundedCall<Boolean> call = BoundedCall.begin(services, "resting", file::suspend);
    pending = call;
    call.await(services.limitNanos());
  }

  /**
   * Takes the file up again.
   *
   * @return false when it may have changed, or belongs elsewhere now, or its actor is gone; call
   *     {@link #giveUp}
   */
  boolean resume(JournalPlacement where) {
    if (!place.equals(where)) {
      return false;
    }
    try {
      BoundedCall<Boolean> call =
          BoundedCall.begin(services, "resuming", file::resume, late -> file.close());
      pending = call;
      if (!call.await(services.limitNanos())) {
        return false;
      }
    } catch (BlockException e) {
      LOG.debug("A journal is opened anew: {}", e.getMessage());
      return false;
    }
    first = List.of();
    over.set(false);
    // Whoever ended before this word counts told nobody.
    return !hasEnded;
  }

  /** Whoever ends the actor from now on was asked to. */
  void retire() {
    retired = true;
    over.set(true);
  }

  /**
   * Ends the actor after what it was told so far, and closes the file.
   *
   * @return why something of that may not have been kept, if so: nobody waited for it
   */
  Optional<String> end() {
    over.set(true);
    actor.tell(new BitmapJournal.End(() -> endedInOrder = true));
    try {
      ended.await(services.limitNanos());
    } catch (BlockException e) {
      // The actor hangs in its storage; the file is closed when it comes back.
      closeWhenEnded();
      return Optional.of(e.getMessage());
    }
    boolean lost = file.failure().isPresent() || !(endedInOrder || retired);
    String why = gone().getMessage();
    closeLater();
    try {
      closed.await(services.limitNanos());
    } catch (BlockException e) {
      // It hangs in its storage; the next opening waits for it.
      return Optional.of(e.getMessage());
    }
    return lost ? Optional.of(why) : Optional.empty();
  }

  /**
   * Waits until the file is closed.
   *
   * @throws BlockException TIMED_OUT while a call into it has not come back
   */
  void awaitClosed() {
    BoundedCall<?> call = pending;
    if (call != null) {
      call.awaitOver(services.limitNanos());
    }
    closed.await(services.limitNanos());
  }

  private void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    try {
      file.close();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      // What was kept is durable since long; the next opening looks at the end more closely.
      LOG.warn("A journal was not closed in order; nothing is lost: {}", e.getMessage());
    } finally {
      closed.give(true);
    }
  }

  /** The same without waiting for anything. */
  void giveUp() {
    over.set(true);
    if (actor != null) {
      actor.tell(new BitmapJournal.End(() -> {}));
    }
    closeWhenEnded();
  }

  /** The actor's parent is dead, so that nobody tells of the actor's end. */
  void orphaned() {
    closesWhenEnded = true;
    onEnded();
  }

  /** On the thread of an actor; several may tell. */
  private void onEnded() {
    hasEnded = true;
    started.fail(gone());
    recovered.fail(gone());
    waiting.forEach(answer -> answer.fail(gone()));
    ended.give(true);
    if (over.compareAndSet(false, true)) {
      died.accept(this);
    }
    if (closesWhenEnded) {
      closeLater();
    }
  }

  private void closeWhenEnded() {
    closesWhenEnded = true;
    if (hasEnded || actor == null) {
      closeLater();
    }
  }

  private void closeLater() {
    try {
      services.executor().execute(this::close);
    } catch (RejectedExecutionException e) {
      // The engine is going down with its threads.
      close();
    }
  }

  /** What is to be said of its end. */
  BlockException gone() {
    String why = file.failure().map(BlockException::getMessage).orElse("its actor ended");
    return new BlockException(ErrorCode.IO_ERROR, why, file.failure().orElse(null));
  }
}
