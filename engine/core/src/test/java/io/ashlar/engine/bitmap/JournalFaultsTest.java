package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatPast;
import io.ashlar.engine.bitmap.heat.HeatRetention;
import io.ashlar.engine.bitmap.heat.Recovery;
import io.ashlar.engine.journal.FileJournals;
import io.ashlar.engine.journal.JournalPlacement;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.engine.journal.NodeJournal;
import io.ashlar.engine.journal.Origin;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalReader;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.system.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A journal whose file system is full, fails, or hangs at any place: guests go on, the image is
 * usable, and at the moment when a write is issued either the journal has it or the image does not
 * name the journal.
 */
@Timeout(120)
class JournalFaultsTest {
  private static final ActorTestKit KIT = ActorTestKit.create("journal-faults", config());
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static final long G = Rig.GRANULE;
  private static final long MIB = 1 << 20;

  /** So small that a journal grows all the time. */
  private static final JournalSettings SMALL = new JournalSettings(4096, 2048);

  @TempDir Path dir;
  private final JournalThreads waits = new JournalThreads();
  private final FaultyFiles files = new FaultyFiles(new LinuxFileIo());
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final List<Rig> rigs = new ArrayList<>();
  private final Set<Long> written = new TreeSet<>();
  private final UUID image = UUID.randomUUID();
  private Path journal;
  private Rig rig;
  private long limitMillis = 5_000;
  private long recoveryMillis = 20_000;

  private static Config config() {
    Config all = ConfigFactory.load();
    return all.getConfig("ashlar").withOnlyPath("akka").withFallback(all);
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    THREADS.shutdown();
  }

  @AfterEach
  void close() {
    files.releaseCalls();
    rigs.forEach(Rig::close);
    waits.awaitEnd();
  }

  private Rig start(String name) {
    journal = dir.resolve(name);
    JournalEnvironment environment =
        new JournalEnvironment(files.io(), waits, SystemClock.INSTANCE, THREADS);
    JournalServices services =
        new JournalServices(
            waits,
            SystemClock.INSTANCE,
            new FileJournals(
                KIT::system, environment, () -> new HeatRetention(CrashRules.SOUND), SMALL),
            new Origin("host", 17, "joe"),
            THREADS,
            limitMillis * 1_000_000,
            recoveryMillis * 1_000_000,
            true,
            (node, text) -> notices.add(text));
    Path place = journal;
    rig =
        new Rig(KIT, new NodeJournal(Rig.NODE, services, () -> JournalPlacement.at(place, image)));
    rig.store.fences = true;
    rig.store.trustsCopies = true;
    rigs.add(rig);
    return rig;
  }

  private void write(long offset) {
    written.add(offset);
    rig.write(offset, 1, this::journalHasItAll);
  }

  /** If this were the end of the machine: a write is issued, the journal is as it is. */
  private void journalHasItAll() {
    Fence fence = rig.store.fence;
    if (fence == null) {
      return;
    }
    HeatPast past = new HeatPast(CrashRules.SOUND);
    JournalIdentity identity = JournalReader.read(new LinuxFileIo(), journal, past).identity();
    Recovery.Result result =
        Recovery.of(
                new Recovery.Evidence(
                    past,
                    identity,
                    fence,
                    rig.store.directory(),
                    Rig.LENGTH,
                    Optional.empty(),
                    true),
                CrashRules.SOUND)
            .get("b");
    if (result instanceof Recovery.Result.Recovered recovered) {
      assertHas(recovered.bits());
    }
  }

  private void assertHas(BitTree bits) {
    for (long offset : written) {
      assertThat(bits.isSet(offset)).as("the write at %d", offset).isTrue();
    }
  }

  /** Everything that writes to a journal with a fence, and guests in between. */
  private void live() {
    written.clear();
    rig.store.put("b", G, false, true);
    rig.load(true);
    write(0);
    write(20 * MIB);
    rig.clear("b");
    written.clear();
    for (int i = 1; i < 12; i++) {
      write(4L * i * MIB);
    }
    rig.add("c", true);
    write(5 * MIB);
    rig.bitmaps.beat();
    rig.bitmaps.captureNow();
    write(25 * MIB);
    rig.remove("c");
    write(41 * MIB);
    rig.seal();
    for (long offset : written) {
      assertThat(rig.store.entry("b").isSet(offset)).as("stored %d", offset).isTrue();
    }
    write(6 * MIB);
    write(59 * MIB);
  }

  /** A crash, and the next open with a disk that is well again. */
  private void crash(String when) {
    List<FakeStore.Entry> disk = rig.store.disk;
    Fence fence = rig.store.fence;
    Path crashed = dir.resolve(journal.getFileName() + ".crashed");
    try {
      if (Files.exists(journal)) {
        Files.copy(journal, crashed);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    boolean told = !notices.isEmpty();
    rig.bitmaps.log().release();
    start(crashed.getFileName().toString());
    rig.store.disk = new ArrayList<>(disk);
    rig.store.fence = fence;
    rig.load(true);
    BitmapInfo found = rig.info("b");
    if (found.inconsistent()) {
      assertThat(found.reason()).as(when).isNotEmpty();
      assertThat(told).as("the loss was told: " + when).isTrue();
    } else {
      assertHas(rig.snapshot("b"));
      recovered++;
    }
    rig.write(0, 1);
    rig.remove("b");
    rig.seal();
  }

  private int recovered;

  @Test
  void aFullFileSystemCostsTheJournalAndNothingElse() {
    files.skipFlushes();
    start("calm");
    live();
    assertThat(notices).isEmpty();
    assertThat(rig.store.fence).isNotNull();
    long calm = files.used();
    crash("calm");
    assertThat(recovered).isEqualTo(1);
    int revoked = 0;
    for (long room = 0; room <= calm + 8192; room += 2048) {
      notices.clear();
      long before = files.used();
      files.room(before + room);
      start("room-" + room);
      live();
      files.room(Long.MAX_VALUE);
      String when = "room for " + room + " of " + calm + ": " + notices;
      revoked += rig.store.calls.contains("revokeFence") ? 1 : 0;
      assertThat(rig.store.fence != null || !notices.isEmpty()).as(when).isTrue();
      crash(when);
    }
    assertThat(revoked).isGreaterThan(3);
    assertThat(recovered).isGreaterThan(3);
  }

  @Test
  void anErrorOfAnyWriteCostsTheJournalAndNothingElse() {
    files.skipFlushes();
    start("calm");
    live();
    int calm = files.writes();
    for (int at = 1; at <= calm; at += Integer.getInteger("ashlar.journal.stride", 2)) {
      for (boolean forEver : new boolean[] {false, true}) {
        notices.clear();
        start("fails-" + at + forEver);
        files.failWriteAt(files.writes() + at, forEver);
        live();
        files.failWriteAt(Integer.MAX_VALUE, false);
        crash("write " + at + " of " + calm + (forEver ? " for ever: " : ": ") + notices);
      }
    }
    assertThat(recovered).isPositive();
  }

  @Test
  void aDirectoryThatCannotBeWrittenCostsTheJournalAndNothingElse() {
    files.skipFlushes();
    start("none");
    files.fail(
        "createPrivate", new BlockException(ErrorCode.ACCESS_DENIED, "the directory is read-only"));
    live();
    files.fail(null, null);
    assertThat(notices).first().asString().contains("the directory is read-only");
    assertThat(rig.store.fence).isNull();
    crash("read-only");
    assertThat(recovered).isZero();
  }

  @Test
  void storageThatThrowsWhatItShouldNotIsNamedOnce() {
    for (Throwable defect :
        List.of(new IllegalStateException("a plugin"), new AssertionError("a plugin"))) {
      for (String call : List.of("open", "createPrivate", "data", "stat", "close", "exists")) {
        notices.clear();
        start(call + defect.getClass().getSimpleName());
        files.fail(call, defect);
        rig.store.put("b", G, false, true);
        rig.load(true);
        rig.write(0, 1);
        rig.clear("b");
        rig.seal();
        rig.became(false);
        rig.store.writable = true;
        rig.armThrough(rig.store);
        rig.became(true);
        rig.write(G, 1);
        rig.seal();
        rig.bitmaps.log().release();
        files.fail(null, null);
        if (!call.equals("close")) {
          assertThat(notices)
              .as(call)
              .anySatisfy(notice -> assertThat(notice).contains("a plugin"));
        }
        assertThat(rig.store.fence).isNull();
        assertThat(rig.store.entry("b").isSet(G)).isTrue();
        assertThat(rig.store.entry("b").inUse()).isFalse();
      }
    }
  }

  @Test
  void anOpeningThatHangsLeavesTheNodeWithoutAJournal() {
    limitMillis = 200;
    recoveryMillis = 300;
    start("j").store.put("b", G, false, true);
    files.hang("createPrivate");
    rig.load(true);
    assertThat(notices)
        .first()
        .asString()
        .contains("no history of its bitmaps is kept", "did not answer within 300 ms");
    assertThat(rig.store.entry("b").inUse()).isTrue();
    assertThat(rig.store.fence).isNull();
    rig.write(0, 1);
    rig.clear("b");
    files.releaseCalls();
    rig.seal();
    rig.became(false);
    rig.bitmaps.log().release();
  }

  @Test
  void afterAnOpeningThatHungTheNextOneBegins() {
    limitMillis = 5_000;
    recoveryMillis = 300;
    start("j").store.put("b", G, false, true);
    files.hang("createPrivate");
    rig.load(true);
    assertThat(rig.store.fence).isNull();
    files.releaseCalls();
    rig.seal();
    recoveryMillis = 20_000;
    rig.write(0, 1);
    assertThat(rig.store.fence).as("the late file was closed, and opened anew").isNotNull();
  }
}
