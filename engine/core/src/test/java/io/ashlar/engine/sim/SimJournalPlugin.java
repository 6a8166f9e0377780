package io.ashlar.engine.sim;

import akka.dispatch.Futures;
import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.journal.japi.AsyncWriteJournal;
import io.ashlar.engine.journal.LifecycleEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import scala.concurrent.Future;

/** Akka's journal in memory, with the faults of the run that asked; named in the configuration. */
public final class SimJournalPlugin extends AsyncWriteJournal {
  private static final class Storage {
    final TreeMap<Long, PersistentRepr> events = new TreeMap<>();
    Runnable fault = () -> {};
    boolean failed;
  }

  // One thread runs at a time.
  private static final Map<String, Storage> ALL = new HashMap<>();

  /** Called by Akka. */
  public SimJournalPlugin() {}

  /** An id is used from now on, over what was kept under it. */
  static void storage(String id, Runnable fault) {
    Storage storage = ALL.computeIfAbsent(id, i -> new Storage());
    storage.fault = fault;
    storage.failed = false;
  }

  /** Whether a write failed since it was opened. */
  static boolean failed(String id) {
    return ALL.get(id).failed;
  }

  /** What is kept. */
  static List<LifecycleEvent> events(String id) {
    List<LifecycleEvent> all = new ArrayList<>();
    ALL.get(id).events.values().forEach(repr -> all.add((LifecycleEvent) repr.payload()));
    return all;
  }

  /** Nothing of the runs so far is asked for again. */
  static void forget() {
    ALL.clear();
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    List<Optional<Exception>> results = new ArrayList<>();
    for (AtomicWrite write : writes) {
      Storage storage = ALL.get(write.persistenceId());
      if (storage == null) {
        return Futures.failed(new IllegalStateException("the run is over"));
      }
      try {
        storage.fault.run();
      } catch (RuntimeException | AssertionError e) {
        storage.failed = true;
        return Futures.failed(new IllegalStateException(e.getMessage(), e));
      }
      scala.jdk.javaapi.CollectionConverters.asJava(write.payload())
          .forEach(repr -> storage.events.put(repr.sequenceNr(), repr));
      results.add(Optional.empty());
    }
    return Futures.successful(results);
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String id, long toSequenceNr) {
    return Futures.successful(null);
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String id, long from, long to, long max, Consumer<PersistentRepr> replay) {
    Storage storage = ALL.get(id);
    if (storage != null && from <= to) {
      storage.events.subMap(from, true, to, true).values().stream().limit(max).forEach(replay);
    }
    return Futures.successful(null);
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String id, long from) {
    Storage storage = ALL.get(id);
    boolean none = storage == null || storage.events.isEmpty();
    return Futures.successful(none ? 0L : storage.events.lastKey());
  }
}
