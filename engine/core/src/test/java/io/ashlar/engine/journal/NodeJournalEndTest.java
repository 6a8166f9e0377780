package io.ashlar.engine.journal;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.BehaviorInterceptor;
import akka.actor.typed.TypedActorContext;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.Waits;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The end of a journal is told, however it comes and whoever waits for it. */
@Timeout(60)
class NodeJournalEndTest {
  /** Who waits that long was not told, and says so in other words. */
  private static final long LIMIT = 10_000_000_000L;

  private static final ActorTestKit KIT = ActorTestKit.create("journal-end", config());
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();

  @TempDir Path dir;
  private final List<String> notices = new CopyOnWriteArrayList<>();

  private static Config config() {
    Config all = ConfigFactory.load();
    return all.getConfig("ashlar").withOnlyPath("akka").withFallback(all);
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    THREADS.shutdown();
  }

  private NodeJournal journal(Waits waits, Runnable saying) {
    LinuxFileIo files = new LinuxFileIo();
    JournalServices services =
        new JournalServices(
            waits,
            SystemClock.INSTANCE,
            new FileJournals(
                KIT::system,
                new JournalEnvironment(files, SystemWaits.INSTANCE, SystemClock.INSTANCE, THREADS)),
            new Origin("host", 17, "joe"),
            THREADS,
            LIMIT,
            LIMIT,
            true,
            (node, text) -> {
              saying.run();
              notices.add(text);
            });
    Path place = dir.resolve("j");
    UUID image = UUID.randomUUID();
    return new NodeJournal("disk0", services, () -> JournalPlacement.at(place, image));
  }

  /** What may become of the journal's actor where a directory's actor would start it. */
  private static JournalChild.Host starting(
      Function<Behavior<BitmapJournal.Command>, Behavior<BitmapJournal.Command>> as) {
    return message -> {
      if (message instanceof JournalChild.Start start) {
        start.child().give(KIT.spawn(as.apply(start.behavior())));
      }
    };
  }

  private static void open(NodeJournal journal, JournalChild.Host host) {
    journal.hostedBy(host);
    journal.ready("opening", List::of);
  }

  /** A journal whose actor ends as soon as it is told to end, before it does what it was told. */
  @Test
  void anEndThatCameBeforeTheLastEventsWereKeptIsTold() {
    NodeJournal journal = journal(SystemWaits.INSTANCE, () -> {});
    open(journal, starting(behavior -> Behaviors.intercept(() -> new DyingAtItsEnd(), behavior)));
    LifecycleLog.Intent intent = journal.intend("a write", List.of(new BitmapsArmed(1)));
    assertThat(notices).isEmpty();
    intent.done();
    journal.release();
    assertThat(notices).hasSize(1).first().asString().contains("given up");
  }

  @Test
  void anOrderlyEndIsNotWorthAWord() {
    NodeJournal journal = journal(SystemWaits.INSTANCE, () -> {});
    open(journal, starting(behavior -> behavior));
    journal.intend("a write", List.of(new BitmapsArmed(1))).done();
    journal.release();
    assertThat(notices).isEmpty();
  }

  private static final class DyingAtItsEnd
      extends BehaviorInterceptor<BitmapJournal.Command, BitmapJournal.Command> {
    DyingAtItsEnd() {
      super(BitmapJournal.Command.class);
    }

    @Override
    public Behavior<BitmapJournal.Command> aroundReceive(
        TypedActorContext<BitmapJournal.Command> context,
        BitmapJournal.Command message,
        ReceiveTarget<BitmapJournal.Command> target) {
      return message instanceof BitmapJournal.End
          ? Behaviors.stopped()
          : target.apply(context, message);
    }
  }

  /**
   * Two hear of the end at once, as the actor's thread and a command's do. The second does not go
   * on before the first has told it, else a command's answer would come before what it lacks.
   */
  @Test
  void whoFindsTheJournalGoneGoesOnWhenThatWasTold() throws InterruptedException {
    BlockingQueue<String> order = new LinkedBlockingQueue<>();
    Contended waits = new Contended(order);
    NodeJournal[] journal = new NodeJournal[1];
    journal[0] =
        journal(
            waits,
            () -> {
              waits.watching = true;
              THREADS.execute(
                  () -> {
                    journal[0].intend("block-dirty-bitmap-clear", cleared());
                    order.add("the command goes on");
                  });
              order.add(taken(order));
              order.add("told");
            });
    ActorRef<BitmapJournal.Command>[] child = childOf(journal[0]);
    KIT.stop(child[0]);
    assertThat(taken(order)).isEqualTo("the command waits");
    assertThat(taken(order)).isEqualTo("told");
    assertThat(taken(order)).isEqualTo("the command goes on");
  }

  private static List<BitmapFact> cleared() {
    return List.of(new BitmapCleared("b"));
  }

  private static String taken(BlockingQueue<String> order) {
    try {
      return order.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static ActorRef<BitmapJournal.Command>[] childOf(NodeJournal journal) {
    ActorRef<BitmapJournal.Command>[] child = new ActorRef[1];
    open(
        journal,
        message -> {
          if (message instanceof JournalChild.Start start) {
            child[0] = KIT.spawn(start.behavior());
            start.child().give(child[0]);
          }
        });
    return child;
  }

  /** Says when somebody finds a lock taken, once it is asked to. */
  private static final class Contended implements Waits {
    private final BlockingQueue<String> order;
    private volatile boolean watching;

    Contended(BlockingQueue<String> order) {
      this.order = order;
    }

    @Override
    public WaitLock newLock() {
      return new Telling(SystemWaits.INSTANCE.newLock());
    }

    @Override
    public void sleep(long nanos) {
      SystemWaits.INSTANCE.sleep(nanos);
    }

    @Override
    public WaitThread start(String name, Runnable body) {
      return SystemWaits.INSTANCE.start(name, body);
    }

    private final class Telling implements WaitLock {
      private final WaitLock real;

      Telling(WaitLock real) {
        this.real = real;
      }

      @Override
      public void lock() {
        if (!real.tryLock()) {
          if (watching) {
            order.add("the command waits");
          }
          real.lock();
        }
      }

      @Override
      public boolean tryLock() {
        return real.tryLock();
      }

      @Override
      public void unlock() {
        real.unlock();
      }

      @Override
      public boolean isHeldByCurrentThread() {
        return real.isHeldByCurrentThread();
      }

      @Override
      public WaitCondition newCondition() {
        return real.newCondition();
      }
    }
  }

  /** A directory that dies while its journal is being opened: nobody else would say so. */
  @Test
  void aDirectoryThatDiesBeforeItStartsTheJournalKeepsNobodyWaiting() {
    NodeJournal journal = journal(SystemWaits.INSTANCE, () -> {});
    open(journal, message -> journal.hostedBy(next -> {}));
    assertThat(notices).hasSize(1).first().asString().contains("its actor ended");
  }

  /** The same when the journal's actor was there, and went before it had read anything. */
  @Test
  void aDirectoryThatDiesWhileTheJournalIsReadKeepsNobodyWaiting() {
    NodeJournal journal = journal(SystemWaits.INSTANCE, () -> {});
    open(
        journal,
        message -> {
          if (message instanceof JournalChild.Start start) {
            start.child().give(KIT.<BitmapJournal.Command>createTestProbe().ref());
            journal.hostedBy(next -> {});
          }
        });
    assertThat(notices).hasSize(1).first().asString().contains("its actor ended");
  }

  /** A child that cannot speak for itself: only its parent knows that it is dead. */
  @Test
  void theParentTellsOfADeathThatTheChildCannotTell() throws InterruptedException {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    ActorRef<JournalChild.Message> parent =
        KIT.spawn(
            Behaviors.<Object>setup(
                    context -> {
                      JournalChild children = new JournalChild(context);
                      return Behaviors.receive(Object.class)
                          .onMessage(
                              JournalChild.Message.class,
                              message -> {
                                children.on(message);
                                return Behaviors.same();
                              })
                          .build();
                    })
                .narrow());
    Answer<ActorRef<BitmapJournal.Command>> child = new Answer<>(SystemWaits.INSTANCE);
    parent.tell(
        new JournalChild.Start(
            Behaviors.receiveMessage(
                message -> {
                  throw new IllegalStateException("a defect");
                }),
            child,
            () -> heard.add("ended")));
    child.await(LIMIT).tell(new BitmapJournal.End(() -> {}));
    assertThat(heard.take()).isEqualTo("ended");
  }
}
