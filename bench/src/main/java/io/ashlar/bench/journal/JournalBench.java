package io.ashlar.bench.journal;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.journal.akka.ActorJournal;
import io.ashlar.engine.journal.akka.JournalFiles;
import io.ashlar.engine.journal.file.Journal;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalExpectation;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.engine.journal.file.JournalStatistics;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Appends alone and by 16 callers beside the bare write and flush, in turns; then the recovery of
 * 100,000 small events through Akka. One argument: a directory, which decides about the disk.
 */
public final class JournalBench {
  private static final int TURNS = 7;
  private static final long TURN_NANOS = 500_000_000L;
  private static final int EVENTS = 100_000;

  /** Events in one persist; a divisor of their number. */
  private static final int TOGETHER = 16;

  private static final JournalIdentity IDENTITY =
      new JournalIdentity(UUID.randomUUID(), UUID.randomUUID());

  private final Path directory;
  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private final LinuxFileIo files = new LinuxFileIo();
  private final JournalEnvironment environment =
      new JournalEnvironment(files, SystemWaits.INSTANCE, SystemClock.INSTANCE, executor);

  private JournalBench(Path directory) {
    this.directory = directory;
  }

  /** Runs it and prints a table. */
  public static void main(String[] arguments) throws IOException {
    Path parent = Path.of(arguments.length > 0 ? arguments[0] : ".");
    Path directory = Files.createTempDirectory(parent, "journal-bench");
    JournalBench bench = new JournalBench(directory);
    try {
      bench.appends();
      bench.recovery();
    } finally {
      bench.callers.shutdownNow();
      bench.executor.shutdownNow();
      try (var left = Files.list(directory)) {
        for (Path path : left.toList()) {
          Files.delete(path);
        }
      }
      Files.delete(directory);
    }
  }

  /** Operations a second and, of a journal, records in one flush. */
  private record Rate(double perSecond, double together) {}

  private void appends() {
    List<Rate> bare = new ArrayList<>();
    List<Rate> alone = new ArrayList<>();
    List<Rate> many = new ArrayList<>();
    try (Journal journal =
            Journal.create(
                environment, directory.resolve("appends"), IDENTITY, JournalSettings.STANDARD);
        OpenFile file = files.create(directory.resolve("bare"));
        FileHandle handle = file.data(FileIo.Access.READ_WRITE, false)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
      handle.write(0, zeros);
      handle.flush();
      for (int i = 0; i <= TURNS; i++) {
        bare.add(bareTurn(handle));
        alone.add(journalTurn(journal, 1));
        many.add(journalTurn(journal, 16));
      }
    }
    System.out.printf("%-34s %10s %12s %10s%n", "", "a second", "us for each", "together");
    print("bare write of 512 bytes and flush", bare, 1);
    print("append, 1 caller", alone, 1);
    print("append, 16 callers", many, 16);
  }

  private static void print(String what, List<Rate> turns, int callers) {
    // The first turn warms up.
    double[] rates = turns.stream().skip(1).mapToDouble(Rate::perSecond).sorted().toArray();
    double[] together = turns.stream().skip(1).mapToDouble(Rate::together).sorted().toArray();
    double median = rates[rates.length / 2];
    System.out.printf(
        "%-34s %,10.0f %12.0f %10.1f%n",
        what, median, 1e6 * callers / median, together[together.length / 2]);
  }

  private static Rate bareTurn(FileHandle handle) {
    ByteBuffer sector = ByteBuffer.allocateDirect(512);
    long start = System.nanoTime();
    long count = 0;
    while (System.nanoTime() - start < TURN_NANOS) {
      handle.write(count % 2000 * 512, sector.clear());
      handle.flush();
      count++;
    }
    return new Rate(count * 1e9 / (System.nanoTime() - start), 1);
  }

  private Rate journalTurn(Journal journal, int threads) {
    JournalStatistics before = journal.statistics();
    long start = System.nanoTime();
    CompletableFuture<?>[] all = new CompletableFuture<?>[threads];
    for (int i = 0; i < threads; i++) {
      all[i] = CompletableFuture.runAsync(() -> append(journal, start), callers);
    }
    CompletableFuture.allOf(all).join();
    long nanos = System.nanoTime() - start;
    JournalStatistics after = journal.statistics();
    double records = after.records() - before.records();
    return new Rate(records * 1e9 / nanos, records / (after.commits() - before.commits()));
  }

  private static void append(Journal journal, long start) {
    byte[] content = new byte[48];
    Arrays.fill(content, (byte) 7);
    while (System.nanoTime() - start < TURN_NANOS) {
      journal.append(new NewRecord(100, ByteBuffer.wrap(content)));
    }
  }

  private void recovery() {
    Path path = directory.resolve("events");
    long written = System.nanoTime();
    try (ActorJournal journal =
        ActorJournal.create(
            environment, path, IDENTITY, JournalSettings.STANDARD, () -> found -> true)) {
      live(journal, EVENTS);
    }
    System.out.printf("%,d events written by %d in %.1f s%n", EVENTS, TOGETHER, seconds(written));
    for (int i = 0; i < 3; i++) {
      long start = System.nanoTime();
      try (ActorJournal journal =
          ActorJournal.open(
              environment,
              path,
              JournalExpectation.of(IDENTITY),
              JournalSettings.STANDARD,
              () -> found -> true,
              found -> {})) {
        double opened = seconds(start);
        double recovered = live(journal, 0);
        System.out.printf(
            "opening the file %.2f s, recovery through Akka %.2f s, file %,d KiB%n",
            opened, recovered, journal.journal().statistics().used() >> 10);
      }
    }
  }

  /** One life of the actor, with so many events written; the seconds that its recovery took. */
  private double live(ActorJournal journal, int events) {
    CompletableFuture<Integer> recovered = new CompletableFuture<>();
    CompletableFuture<Integer> written = new CompletableFuture<>();
    Config reference = ConfigFactory.defaultReference(Journal.class.getClassLoader());
    Config config = reference.getConfig("ashlar").withOnlyPath("akka").withFallback(reference);
    ActorSystem<Integer> system =
        ActorSystem.create(
            Behaviors.setup(
                context -> {
                  JournalFiles.get(context.getSystem()).route("replayed", journal);
                  return new Replayed(
                      recovered::complete,
                      count -> {
                        if (count >= events) {
                          written.complete(count);
                        } else {
                          context.getSelf().tell(TOGETHER);
                        }
                      });
                }),
            "bench",
            config);
    long start = System.nanoTime();
    int found = recovered.join();
    double seconds = seconds(start);
    if (found != (events > 0 ? 0 : EVENTS)) {
      throw new IllegalStateException("recovered " + found + " events");
    }
    if (events > 0) {
      system.tell(TOGETHER);
      written.join();
    }
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    return seconds;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
