package io.ashlar.engine.journal.akka;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.persistence.typed.PersistenceId;
import akka.persistence.typed.RecoveryCompleted;
import akka.persistence.typed.javadsl.CommandHandler;
import akka.persistence.typed.javadsl.Effect;
import akka.persistence.typed.javadsl.EventHandler;
import akka.persistence.typed.javadsl.EventSourcedBehavior;
import akka.persistence.typed.javadsl.SignalHandler;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.journal.file.Journal;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalExpectation;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * A process that is to die. An actor persists the numbers that follow the last one it recovered,
 * and a thread appends records of its own beside it; each acknowledgement is one line on standard
 * output, written at once. Arguments: the journal, and after how many events the process halts by
 * itself (0: it waits to be killed).
 */
final class Victim extends EventSourcedBehavior<Victim.Command, String, Integer> {
  static final int RAW = 2000;
  static final JournalIdentity IDENTITY = new JournalIdentity(new UUID(1, 1), new UUID(2, 2));

  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  private static final CountDownLatch RECOVERED = new CountDownLatch(1);

  enum Command {
    PERSIST
  }

  private final ActorRef<Command> self;
  private final int most;
  private int persisted;

  private Victim(ActorRef<Command> self, int most) {
    super(PersistenceId.ofUniqueId("victim"));
    this.self = self;
    this.most = most;
  }

  public static void main(String[] args) throws InterruptedException {
    Path path = Path.of(args[0]);
    Executor executor = Executors.newFixedThreadPool(2);
    JournalEnvironment environment =
        new JournalEnvironment(
            new LinuxFileIo(), SystemWaits.INSTANCE, SystemClock.INSTANCE, executor);
    int[] raw = new int[1];
    ActorJournal journal =
        Files.exists(path)
            ? ActorJournal.open(
                environment,
                path,
                JournalExpectation.of(IDENTITY),
                JournalSettings.STANDARD,
                () -> record -> true,
                record -> raw[0] = record.type() == RAW ? record.payload().getInt() : raw[0])
            : ActorJournal.create(
                environment, path, IDENTITY, JournalSettings.STANDARD, () -> record -> true);
    ActorSystem<Command> system =
        ActorSystem.create(
            Behaviors.setup(
                context -> {
                  JournalFiles.get(context.getSystem()).route("victim", journal);
                  return new Victim(context.getSelf(), Integer.parseInt(args[1]));
                }),
            "victim",
            ConfigFactory.defaultReference()
                .getConfig("ashlar")
                .withOnlyPath("akka")
                .withFallback(ConfigFactory.defaultReference()));
    system.tell(Command.PERSIST);
    RECOVERED.await();
    appendRaw(journal.journal(), raw[0]);
  }

  private static void appendRaw(Journal journal, int last) {
    for (int i = last + 1; ; i++) {
      journal.append(new NewRecord(RAW, ByteBuffer.allocate(Integer.BYTES).putInt(i).flip()));
      say("raw " + i);
    }
  }

  /** One write(2), so that a line is there wholly or not at all. */
  private static void say(String line) {
    try {
      OUT.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String journalPluginId() {
    return JournalFiles.JOURNAL_PLUGIN;
  }

  @Override
  public String snapshotPluginId() {
    return JournalFiles.SNAPSHOT_PLUGIN;
  }

  @Override
  public Integer emptyState() {
    return 0;
  }

  @Override
  public CommandHandler<Command, String, Integer> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(
            Command.class,
            (state, command) ->
                Effect().persist(String.valueOf(state + 1)).thenRun(this::acknowledge))
        .build();
  }

  private void acknowledge(int state) {
    say("event " + state);
    if (++persisted == most) {
      Runtime.getRuntime().halt(0);
    }
    self.tell(Command.PERSIST);
  }

  @Override
  public EventHandler<Integer, String> eventHandler() {
    return newEventHandlerBuilder().forAnyState().onAnyEvent(Victim::next);
  }

  private static Integer next(Integer state, String event) {
    int number = Integer.parseInt(event);
    if (number != state + 1) {
      say("gap " + event + " after " + state);
    }
    return number;
  }

  @Override
  public SignalHandler<Integer> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), Victim::recovered)
        .build();
  }

  private static void recovered(int state) {
    say("recovered " + state);
    RECOVERED.countDown();
  }
}
