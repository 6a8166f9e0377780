package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.ImageHistory;
import io.ashlar.engine.journal.FileJournals;
import io.ashlar.engine.journal.HistoryReader;
import io.ashlar.engine.journal.JournalPlacement;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.engine.journal.NodeJournal;
import io.ashlar.engine.journal.Origin;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalReader;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.system.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory with a real journal over a fake image: crashes, and failures of the journal. */
class JournalledDirectoryTest {
  private static final ActorTestKit KIT = ActorTestKit.create("journalled", config());
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static final long G = Rig.GRANULE;

  @TempDir Path dir;
  private final JournalThreads waits = new JournalThreads();
  private final FaultyFiles files = new FaultyFiles(new LinuxFileIo());
  private final List<String> notices = new CopyOnWriteArrayList<>();
  private final List<Rig> rigs = new ArrayList<>();
  private UUID image = UUID.randomUUID();
  private Path journal;
  private Rig rig;

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
    rigs.forEach(Rig::close);
    waits.awaitEnd();
  }

  private Rig start(String name) {
    return start(name, 5_000);
  }

  private Rig start(String name, long limitMillis) {
    journal = dir.resolve(name);
    JournalEnvironment environment =
        new JournalEnvironment(files.io(), waits, SystemClock.INSTANCE, THREADS);
    JournalServices services =
        new JournalServices(
            waits,
            SystemClock.INSTANCE,
            new FileJournals(KIT::system, environment),
            new Origin("host", 17, "joe"),
            THREADS,
            limitMillis * 1_000_000,
            20_000_000_000L,
            true,
            (node, text) -> notices.add(text));
    Path place = journal;
    UUID owner = image;
    rig =
        new Rig(KIT, new NodeJournal(Rig.NODE, services, () -> JournalPlacement.at(place, owner)));
    rigs.add(rig);
    return rig;
  }

  private List<String> told(Path where) {
    ImageHistory history = HistoryReader.read(new LinuxFileIo(), where);
    assertThat(history.damage()).isEmpty();
    return history.entries().stream().map(ImageHistory.Entry::text).toList();
  }

  /** What a crash leaves: whatever is in the file and the image at this moment. */
  private void copyJournal(Path to) {
    try {
      Files.copy(journal, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Rig afterCrash(String name) {
    List<FakeStore.Entry> disk = rig.store.disk;
    rig.bitmaps.log().release();
    start(name).store.disk = new ArrayList<>(disk);
    return rig;
  }

  @Test
  void aCrashLeavesAnInconsistentBitmapWithItsStory() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.clear("b");
    copyJournal(dir.resolve("crashed"));
    afterCrash("crashed").load(true);
    assertThat(rig.info("b").inconsistent()).isTrue();
    assertThat(rig.info("b").reason())
        .contains("marked in use ")
        .contains("by process 17 of user joe on host (opening) and never stored")
        .contains("before that it was cleared ");
    rig.remove("b");
    assertThat(told(journal)).last().isEqualTo("removed 'b'");
    assertThat(notices).isEmpty();
  }

  @Test
  void aCrashBeforeTheImageIsChanged() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    Path crashed = dir.resolve("crashed");
    rig.store.hooks.put("stage", () -> copyJournal(crashed));
    List<FakeStore.Entry> before = rig.store.disk;
    rig.remove("b");
    rig.store.disk = before;
    afterCrash("crashed").load(true);
    assertThat(rig.info("b")).as("nothing is done again").isNotNull();
    assertThat(told(crashed))
        .filteredOn(text -> text.contains("unfinished"))
        .hasSize(1)
        .first()
        .asString()
        .contains("removed 'b'")
        .endsWith("the image does not have it");
  }

  @Test
  void aCrashBetweenTheImageAndTheResult() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    Path crashed = dir.resolve("crashed");
    rig.store.hooks.put("publish", () -> copyJournal(crashed));
    rig.remove("b");
    afterCrash("crashed").load(true);
    assertThat(rig.describe()).isEmpty();
    // The image has no persistent bitmap any more; the next one opens the journal.
    rig.add("c", true);
    assertThat(told(crashed))
        .filteredOn(text -> text.contains("unfinished"))
        .first()
        .asString()
        .contains("removed 'b'")
        .endsWith("the image has it");
  }

  @Test
  void readOnlyOpensWriteNothing() throws IOException {
    start("j").store.put("b", G, false, true);
    rig.load(false);
    assertThat(journal).doesNotExist();
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.seal();
    rig.became(false);
    byte[] bytes = Files.readAllBytes(journal);
    start("j").store.put("b", G, false, true);
    rig.load(false);
    assertThat(rig.describe()).hasSize(1);
    assertThat(Files.readAllBytes(journal)).isEqualTo(bytes);
  }

  @Test
  void anotherImagesJournalIsLeftAlone() throws IOException {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.seal();
    rig.became(false);
    byte[] bytes = Files.readAllBytes(journal);
    image = UUID.randomUUID();
    start("j").store.put("c", G, false, true);
    rig.load(true);
    rig.clear("c");
    assertThat(notices)
        .hasSize(1)
        .first()
        .asString()
        .contains("belongs to another image and is left alone");
    assertThat(Files.readAllBytes(journal)).isEqualTo(bytes);
  }

  @Test
  void aDamagedJournalIsLeftAlone() throws IOException {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.seal();
    rig.became(false);
    byte[] bytes = Files.readAllBytes(journal);
    bytes[4096 + 70] ^= 1;
    Files.write(journal, bytes);
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.clear("b");
    assertThat(notices).hasSize(1).first().asString().contains("is damaged at byte");
    assertThat(Files.readAllBytes(journal)).isEqualTo(bytes);
  }

  @Test
  void aJournalInUseElsewhereIsNotShared() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    start("j").store.put("b", G, false, true);
    rig.load(true);
    assertThat(notices).hasSize(1).first().asString().contains("in use by another engine");
  }

  private int openings() {
    AtomicInteger count = new AtomicInteger();
    JournalReader.read(
        new LinuxFileIo(),
        journal,
        record -> {
          if (record.type() == RecordTypes.OPENED) {
            count.incrementAndGet();
          }
        });
    return count.get();
  }

  private void reopen() {
    rig.seal();
    rig.became(false);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.became(true);
  }

  @Test
  void theJournalIsReadOnceHoweverOftenTheNodeBecomesReadOnly() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    for (int i = 0; i < 50; i++) {
      reopen();
    }
    rig.clear("b");
    assertThat(openings()).isEqualTo(1);
    assertThat(told(journal))
        .filteredOn(text -> text.equals("stored 1 bitmap"))
        .as("and everything is kept")
        .hasSize(50);
    assertThat(told(journal)).last().isEqualTo("cleared 'b'");
    assertThat(notices).isEmpty();
  }

  @Test
  void aReadOnlyNodeHoldsNothingOfItsJournal() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.seal();
    rig.became(false);
    assertThat(told(journal)).as("nothing waits in memory").last().isEqualTo("stored 1 bitmap");
    assertThat(openFiles()).noneMatch(file -> file.contains(journal.toString()));
    Rig quiet = rig;
    List<FakeStore.Entry> disk = rig.store.disk;
    // Another node, or another process: here with the same actor system.
    start("j").store.disk = new ArrayList<>(disk);
    rig.load(true);
    rig.add("theirs", true);
    rig.seal();
    rig.became(false);
    rig.bitmaps.log().release();
    assertThat(openings()).isEqualTo(2);
    List<FakeStore.Entry> theirs = rig.store.disk;
    rig = quiet;
    rig.store.disk = new ArrayList<>(theirs);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.became(true);
    rig.clear("b");
    assertThat(openings()).as("it was opened anew").isEqualTo(3);
    assertThat(told(journal))
        .contains("added 'theirs' (granularity 65536)")
        .last()
        .isEqualTo("cleared 'b'");
    assertThat(told(journal)).noneMatch(text -> text.contains("another program"));
    assertThat(notices).isEmpty();
  }

  private static List<String> openFiles() {
    try (Stream<Path> found = Files.list(Path.of("/proc/self/fd"))) {
      List<String> names = new ArrayList<>();
      found.forEach(
          link -> {
            try {
              names.add(Files.readSymbolicLink(link).toString());
            } catch (IOException e) {
              // It was closed meanwhile.
            }
          });
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aJournalThatIsDeletedMeanwhileIsBegunAnew() throws IOException {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.seal();
    rig.became(false);
    Files.delete(journal);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.became(true);
    rig.clear("b");
    assertThat(told(journal)).first().asString().contains("was in the image when this journal");
    assertThat(told(journal)).last().isEqualTo("cleared 'b'");
    assertThat(notices).isEmpty();
  }

  /** Opened and closed, or read-only and writable again, for ever. */
  @Test
  void theFileStaysBounded() throws IOException {
    int rounds = Integer.getInteger("ashlar.journal.rounds", 600);
    files.skipFlushes();
    start("j").store.put("b", G, false, true);
    long largest = 0;
    long compacted = 0;
    for (int i = 0; i < rounds; i++) {
      rig.load(true);
      reopen();
      rig.seal();
      rig.became(false);
      if (i % 3 > 0) {
        rig.bitmaps.log().release();
      }
      long length = Files.size(journal);
      compacted += length < largest ? 1 : 0;
      largest = Math.max(largest, length);
    }
    rig.bitmaps.log().release();
    assertThat(largest).isLessThan(4 << 20);
    assertThat(compacted).isPositive();
    assertThat(told(journal)).hasSizeLessThanOrEqualTo(1_000).last().isEqualTo("stored 1 bitmap");
    assertThat(notices).isEmpty();
  }

  /** Everything a directory does, with a guest between; ends with c removed and b as at first. */
  private void live() {
    rig.store.put("b", G, false, true);
    rig.load(true);
    rig.write(0, 1);
    rig.clear("b");
    rig.write(G, 1);
    rig.enable("b", false);
    rig.enable("b", true);
    rig.write(2 * G, 1);
    rig.add("c", true);
    rig.write(3 * G, 1);
    rig.freeze("b", false);
    rig.write(4 * G, 1);
    rig.thaw("b", false, null);
    rig.seal();
    rig.became(false);
    rig.store.writable = true;
    rig.armThrough(rig.store);
    rig.became(true);
    rig.write(5 * G, 1);
    rig.remove("c");
    rig.seal();
    rig.became(false);
    assertThat(rig.store.disk).hasSize(1);
    FakeStore.Entry stored = rig.store.entry("b");
    assertThat(stored.inUse()).isFalse();
    for (long i = 0; i < 8; i++) {
      assertThat(stored.isSet(i * G)).as("granule " + i).isEqualTo(i > 0 && i < 6);
    }
  }

  /** Nothing of the image depends on the journal, and its loss is said once. */
  @Test
  void theDirectorySurvivesTheDeathOfItsJournalAtEachPersist() {
    start("calm");
    live();
    assertThat(notices).isEmpty();
    List<String> all = told(journal);
    assertThat(all).last().isEqualTo("stored 1 bitmap");
    int flushes = files.flushes();
    assertThat(flushes).isGreaterThan(20);
    int begunAnew = 0;
    for (int at = 1; at <= flushes; at += Integer.getInteger("ashlar.journal.stride", 1)) {
      for (boolean forEver : new boolean[] {false, true}) {
        notices.clear();
        start("fails-" + at + forEver);
        int first = files.flushes();
        files.failAt(first + at, forEver);
        live();
        files.failAt(Integer.MAX_VALUE, false);
        String when = "flush " + at + (forEver ? " for ever: " : ": ") + notices;
        if (Files.exists(journal)) {
          List<String> kept = told(journal);
          if (!notices.isEmpty() && !forEver && kept.contains("removed 'c'")) {
            begunAnew++;
          }
          // Whoever goes on without the journal has told so before.
          assertThat(notices.isEmpty() && !kept.contains("removed 'c'")).as(when).isFalse();
        }
        // At the first opening and at the reopen; the same words are not said twice.
        assertThat(notices).as(when).hasSizeLessThanOrEqualTo(forEver ? 2 : 1);
      }
    }
    assertThat(begunAnew).as("a reopen begins anew").isGreaterThan(2);
  }

  /** What a guest sees of it is nothing; the image never says that a dead journal has its bits. */
  @Test
  void withAFenceTheDirectorySurvivesTheDeathOfItsJournalToo() {
    start("fenced-calm").store.fences = true;
    live();
    assertThat(notices).isEmpty();
    assertThat(rig.store.calls).contains("changeFence").doesNotContain("revokeFence");
    int flushes = files.flushes();
    int revoked = 0;
    for (int at = 1; at <= flushes; at += 2) {
      start("fenced-" + at).store.fences = true;
      files.failAt(files.flushes() + at, true);
      live();
      files.failAt(Integer.MAX_VALUE, false);
      assertThat(rig.store.fence).as("flush %d", at).isNull();
      revoked += rig.store.calls.contains("revokeFence") ? 1 : 0;
    }
    assertThat(revoked).isGreaterThan(2);
  }

  @Test
  void aWriteGoesOnWithoutAJournalOnceTheImageSaysSo() {
    start("j").store.fences = true;
    rig.store.put("b", G, false, true);
    rig.load(true);
    rig.write(0, 1);
    assertThat(rig.store.fence).isNotNull();
    files.failAt(files.flushes() + 1, true);
    rig.write(40 * G, 1, () -> assertThat(rig.store.fence).as("when the write is issued").isNull());
    files.failAt(Integer.MAX_VALUE, false);
    assertThat(notices)
        .hasSize(1)
        .first()
        .asString()
        .contains("would not survive a crash any more");
    rig.store.fences = true;
    rig.seal();
    rig.write(0, 1);
    assertThat(rig.store.entry("b").inUse()).isTrue();
  }

  /** Else a crash could take back what a backup has read, and no bitmap would know. */
  @Test
  void whatWasWrittenIsDurableBeforeTheJournalForgetsIt() {
    start("j").store.fences = true;
    rig.store.put("b", G, false, true);
    rig.load(true);
    rig.write(0, 1);
    rig.store.calls.clear();
    int[] before = new int[1];
    rig.store.hooks.put("changeFence", () -> before[0] = files.flushes());
    rig.store.hooks.put("guest-flush", () -> assertThat(files.flushes()).isEqualTo(before[0]));
    rig.clear("b");
    assertThat(rig.store.calls).containsSubsequence("changeFence", "guest-flush");
    assertThat(files.flushes()).as("the capture").isGreaterThan(before[0]);
  }

  @Test
  void withoutThatTheImageForgetsTheJournal() {
    start("j").store.fences = true;
    rig.store.put("b", G, false, true);
    rig.load(true);
    rig.store.failOnce("guest-flush");
    rig.clear("b");
    assertThat(rig.store.fence).isNull();
    assertThat(notices).singleElement().asString().contains("guest-flush of 'image' failed");
  }

  @Test
  void aClearDoesNotWaitForAJournalThatHangs() {
    start("j", 300).store.fences = true;
    rig.store.put("b", G, false, true);
    rig.load(true);
    files.hang();
    long begun = System.nanoTime();
    rig.clear("b");
    assertThat(System.nanoTime() - begun).isLessThan(4_000_000_000L);
    assertThat(rig.store.fence).isNull();
    rig.write(40 * G, 1);
    files.release();
  }

  @Test
  void aJournalThatHangsIsGivenUpInItsTime() {
    start("j", 300).store.put("b", G, false, true);
    rig.load(true);
    files.hang();
    long begun = System.nanoTime();
    rig.clear("b");
    assertThat(System.nanoTime() - begun).isBetween(250_000_000L, 4_000_000_000L);
    assertThat(notices)
        .hasSize(1)
        .first()
        .asString()
        .contains("given up")
        .contains("did not answer within 300 ms");
    rig.enable("b", false);
    rig.write(G, 1);
    assertThat(notices).as("said once").hasSize(1);
    files.release();
  }

  @Test
  void theDeathOfTheDirectoryItselfIsTheJournalsToo() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.replaceDirectory();
    assertThat(notices).hasSize(1).first().asString().contains("given up");
    rig.clear("b");
    rig.seal();
    rig.write(0, 1);
    rig.bitmaps.log().release();
    assertThat(told(journal)).last().isEqualTo("marked 1 bitmap in use");
    assertThat(told(journal)).doesNotContain("cleared 'b'");
  }

  @Test
  void writesOfAnArmedNodeNeverReachTheJournal() {
    start("j").store.put("b", G, false, true);
    rig.load(true);
    rig.clear("b"); // and with it all that was to be kept before
    int before = files.flushes();
    files.hang();
    for (long i = 0; i < 100; i++) {
      rig.write(i * G, G);
    }
    files.release();
    assertThat(files.flushes()).isEqualTo(before);
  }
}
