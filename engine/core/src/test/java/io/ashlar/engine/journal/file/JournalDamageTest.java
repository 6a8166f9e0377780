package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.contract.MemoryFileIo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Never a silent loss: a damaged journal gives everything that was acknowledged, or an error. */
final class JournalDamageTest {
  /** Bytes, more than are looked at at once, and no multiple of that. */
  private static final int FAR = (150 << 10) + 3 * Layout.SECTOR;

  @Test
  void flippedBitsLoseNothing() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.flips(run.plain());
    run.flips(run.compacted());
    assertThat(run.cases()).isGreaterThan(20_000);
    assertThat(run.violations()).isEmpty();
  }

  @Test
  void cutsLoseNothing() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.cuts(run.plain());
    run.cuts(run.compacted());
    assertThat(run.violations()).isEmpty();
  }

  @Test
  void droppedSectorsLoseNothing() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.drops(run.plain());
    run.drops(run.compacted());
    assertThat(run.violations()).isEmpty();
  }

  @Test
  void swappedSectorsLoseNothing() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.swaps(run.plain());
    run.swaps(run.compacted());
    assertThat(run.violations()).isEmpty();
  }

  @Test
  void partsOfAnotherCopyLoseNothing() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.mixedCopies();
    assertThat(run.cases()).isGreaterThan(50);
    assertThat(run.violations()).isEmpty();
  }

  @Test
  void numbersLeaveNothingOut() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    run.forgedGaps();
    run.forgedEpochs();
    assertThat(run.violations()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenRules.class,
      names = {
        "CHECKSUM_NOT_CHECKED",
        "CHAIN_NOT_CHECKED",
        "NUMBERS_NOT_CHECKED",
        "NOT_LOOKED_BEHIND_THE_END",
        "NO_MARK"
      })
  void aBrokenRuleLosesSomething(BrokenRules broken) {
    DamageRun run = new DamageRun(broken);
    run.drops(run.plain());
    run.mixedCopies();
    run.forgedGaps();
    if (broken == BrokenRules.CHECKSUM_NOT_CHECKED) {
      run.flips(run.plain());
    }
    assertThat(run.violations()).isNotEmpty();
  }

  @Test
  void anotherImagesJournalIsRefused() {
    MemoryFileIo files = new MemoryFileIo();
    Rig.create(files).close();
    JournalIdentity other = new JournalIdentity(UUID.randomUUID(), Rig.IDENTITY.journal());
    JournalDamagedException refused = refused(files, JournalExpectation.of(other));
    assertThat(refused.damage()).isEqualTo(Damage.IDENTITY);
    assertThat(refused).hasMessageContaining(other.toString()).hasMessageContaining("disk.qcow2");
  }

  @Test
  void anOldCopyIsRefused() {
    MemoryFileIo files = new MemoryFileIo();
    byte[] old;
    long lastLsn;
    try (Journal journal = Rig.create(files)) {
      old = files.get(PATH);
      lastLsn = journal.append(Rig.text("newer"));
    }
    files.put(PATH, old);
    JournalExpectation seen = new JournalExpectation(Rig.IDENTITY, 1, lastLsn);
    assertThat(refused(files, seen).damage()).isEqualTo(Damage.OLD);

    JournalExpectation seenEpoch = new JournalExpectation(Rig.IDENTITY, 2, 0);
    assertThat(refused(files, seenEpoch).damage()).isEqualTo(Damage.OLD);
  }

  @Test
  void aFileThatIsNoJournalIsRefused() {
    MemoryFileIo files = new MemoryFileIo();
    for (byte[] content :
        List.of(
            new byte[0],
            new byte[100],
            new byte[100_000],
            "QFI".repeat(9000).getBytes(StandardCharsets.US_ASCII))) {
      files.put(PATH, content);
      assertThat(refused(files, JournalExpectation.of(Rig.IDENTITY)).damage())
          .isIn(Damage.HEADER, Damage.CUT);
    }
  }

  @Test
  void aRefusedJournalIsLeftAsItIs() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    byte[] damaged = run.plain().bytes();
    damaged[Layout.HEADER + 700] ^= 1;
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, damaged);
    assertThat(refused(files, JournalExpectation.of(Rig.IDENTITY)).damage()).isEqualTo(Damage.GAP);
    assertThat(files.get(PATH)).isEqualTo(damaged);
  }

  @Test
  void recordsBeforeTheDamageCanBeShown() {
    DamageRun run = new DamageRun(JournalRules.STANDARD);
    byte[] damaged = run.plain().bytes();
    damaged[Layout.HEADER + 1500] ^= 1;
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, damaged);
    List<String> found = new ArrayList<>();
    JournalDamagedException refused =
        catchThrowableOfType(
            JournalDamagedException.class,
            () -> JournalReader.read(files, PATH, Rig.collect(found)));
    assertThat(refused.damage()).isEqualTo(Damage.GAP);
    assertThat(found).containsExactly("one");
  }

  /** A file with a journal, and behind it zeros, and in them a sector at a place. */
  private static MemoryFileIo farBehind(byte[] journal, int sector, byte[] content) {
    byte[] longer = Arrays.copyOf(journal, journal.length + FAR);
    System.arraycopy(content, 0, longer, journal.length + sector * Layout.SECTOR, content.length);
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, longer);
    return files;
  }

  @Test
  void aGoodFrameIsSeenHoweverFarItIsBehindTheEnd() {
    byte[] journal = new DamageRun(JournalRules.STANDARD).plain().bytes();
    byte[] frame = Arrays.copyOfRange(journal, Layout.HEADER, Layout.HEADER + Layout.SECTOR);
    for (int sector = 0; sector < FAR / Layout.SECTOR; sector++) {
      MemoryFileIo files = farBehind(journal, sector, frame);
      assertThat(refused(files, JournalExpectation.of(Rig.IDENTITY)).damage())
          .as("sector " + sector)
          .isEqualTo(Damage.GAP);
    }
  }

  @Test
  void remainsAreWipedHoweverFarTheyAreBehindTheEnd() {
    byte[] journal = new DamageRun(JournalRules.STANDARD).plain().bytes();
    byte[] remains = new byte[Layout.SECTOR];
    remains[Layout.SECTOR - 1] = 1;
    for (int sector = 0; sector < FAR / Layout.SECTOR; sector++) {
      MemoryFileIo files = farBehind(journal, sector, remains);
      Rig.open(files, new ArrayList<>()).close();
      byte[] after = files.get(PATH);
      byte[] behind = Arrays.copyOfRange(after, journal.length, journal.length + FAR);
      assertThat(behind).as("sector " + sector).containsOnly(0);
    }
  }

  private static JournalDamagedException refused(MemoryFileIo files, JournalExpectation expected) {
    return catchThrowableOfType(
        JournalDamagedException.class,
        () -> Journal.open(Rig.environment(files), PATH, expected, Rig.SMALL, record -> {}));
  }
}
