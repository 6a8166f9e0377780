package io.ashlar.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.dispatch.Futures;
import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.SelectedSnapshot;
import akka.persistence.SnapshotMetadata;
import akka.persistence.SnapshotSelectionCriteria;
import akka.persistence.journal.japi.AsyncWriteJournal;
import akka.persistence.snapshot.japi.SnapshotStore;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.system.SystemWaits;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import scala.concurrent.Future;
import scala.concurrent.Promise;

/**
 * What a snapshot made superfluous is forgotten before the file is let go or closed: otherwise a
 * journal that is opened and closed for ever would grow for ever.
 */
@Timeout(60)
public class ForgettingTest {
  private static final long PATIENCE = 30_000_000_000L;
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          "forgetting",
          ConfigFactory.parseString(
                  """
                  test.events {
                    class = "io.ashlar.engine.journal.ForgettingTest$Events"
                    plugin-dispatcher = "akka.actor.default-dispatcher"
                  }
                  test.snapshots {
                    class = "io.ashlar.engine.journal.ForgettingTest$Snapshots"
                    plugin-dispatcher = "akka.actor.default-dispatcher"
                  }
                  """)
              .withFallback(ConfigFactory.load()));

  private ActorRef<BitmapJournal.Command> actor;

  /** Keeps events in memory, and forgets them when it is told to by the test. */
  public static final class Events extends AsyncWriteJournal {
    private static volatile Promise<Void> forgotten = Futures.promise();

    /** Called by Akka. */
    public Events() {}

    @Override
    public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> all) {
      List<Optional<Exception>> results = new ArrayList<>();
      all.forEach(write -> results.add(Optional.empty()));
      return Futures.successful(results);
    }

    @Override
    public Future<Void> doAsyncDeleteMessagesTo(String id, long toSequenceNr) {
      return forgotten.future();
    }

    @Override
    public Future<Void> doAsyncReplayMessages(
        String id, long from, long to, long max, Consumer<PersistentRepr> replay) {
      return Futures.successful(null);
    }

    @Override
    public Future<Long> doAsyncReadHighestSequenceNr(String id, long from) {
      return Futures.successful(0L);
    }
  }

  /** Keeps nothing. */
  public static final class Snapshots extends SnapshotStore {
    /** Called by Akka. */
    public Snapshots() {}

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(
        String id, SnapshotSelectionCriteria criteria) {
      return Futures.successful(Optional.empty());
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
      return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
      return Futures.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(String id, SnapshotSelectionCriteria criteria) {
      return Futures.successful(null);
    }
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private void keep(int count) {
    Stamp stamp = new Origin("host", 17, "joe").stamp("a test", "disk0", 1);
    LifecycleEvent event = new ChangeDone(stamp, 0, List.of(new BitmapCleared("b")));
    Answer<JournalState> kept = new Answer<>(SystemWaits.INSTANCE);
    actor.tell(new BitmapJournal.Keep(Collections.nCopies(count, event), kept));
    kept.await(PATIENCE);
  }

  /** An actor that has written its second snapshot, and whose journal has not yet forgotten. */
  private void forgetting() {
    Events.forgotten = Futures.promise();
    Answer<JournalState> recovered = new Answer<>(SystemWaits.INSTANCE);
    actor =
        KIT.spawn(
            BitmapJournal.create(
                "bitmaps/" + System.nanoTime(),
                new JournalPlugins("test.events", "test.snapshots"),
                recovered,
                () -> {}));
    recovered.await(PATIENCE);
    for (int i = 0; i < 4; i++) {
      keep(500);
    }
  }

  @Test
  void theFileIsLetGoWhenThatIsForgotten() {
    forgetting();
    Answer<JournalState> resting = new Answer<>(SystemWaits.INSTANCE);
    actor.tell(new BitmapJournal.Rest(resting));
    keep(1); // it has come by the wish
    assertThatThrownBy(() -> resting.await(0)).isInstanceOf(BlockException.class);
    Events.forgotten.success(null);
    assertThat(resting.await(PATIENCE)).isNotNull();
  }

  @Test
  void soItIsWithTheEnd() {
    forgetting();
    Answer<Boolean> ended = new Answer<>(SystemWaits.INSTANCE);
    actor.tell(new BitmapJournal.End(() -> ended.give(true)));
    keep(1);
    assertThatThrownBy(() -> ended.await(0)).isInstanceOf(BlockException.class);
    Events.forgotten.success(null);
    assertThat(ended.await(PATIENCE)).isTrue();
  }
}
