package io.ashlar.engine.journal.file;

import static io.ashlar.engine.journal.file.Rig.PATH;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.contract.MemoryFileIo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Journals that were closed in peace and then damaged in every way of a kind. Whoever reads one
 * must find everything that was acknowledged, or be told that it is damaged.
 */
final class DamageRun {
  private static final int SECTOR = 512;

  /** A journal and what was acknowledged in it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and copied before it is changed
  record Sample(byte[] bytes, List<String> texts) {
    /** Bytes that are in use, with the mark. */
    int used() {
      for (int end = bytes.length; end > 0; end--) {
        if (bytes[end - 1] != 0) {
          return (end + SECTOR - 1) / SECTOR * SECTOR;
        }
      }
      return 0;
    }
  }

  private final JournalRules rules;
  private final List<String> violations = new ArrayList<>();
  private int cases;

  DamageRun(JournalRules rules) {
    this.rules = rules;
  }

  List<String> violations() {
    return violations;
  }

  int cases() {
    return cases;
  }

  /** Short and long frames, several records in one, two epochs. */
  Sample plain() {
    MemoryFileIo files = new MemoryFileIo();
    try (Journal journal = Rig.create(files, rules)) {
      journal.append(Rig.text("one"));
      journal.append(Rig.text("two"));
      journal.append(Rig.texts(List.of("three", "four", "five")));
      journal.append(Rig.text(Rig.longText("long", 1300)));
    }
    try (Journal journal = Rig.open(files, new ArrayList<>(), rules)) {
      journal.append(Rig.text("six"));
      journal.append(Rig.text(Rig.longText("second", 700)));
      journal.append(Rig.text(Rig.longText("second", 700)));
    }
    return new Sample(files.get(PATH), Rig.read(files));
  }

  /** The same after a compaction. */
  Sample compacted() {
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, plain().bytes());
    try (Journal journal = Rig.open(files, new ArrayList<>(), rules)) {
      journal.compact(record -> record.type() == Rig.TEXT && !Rig.text(record).startsWith("long"));
      journal.append(Rig.text("seven"));
    }
    return new Sample(files.get(PATH), Rig.read(files));
  }

  /** One bit in every byte, and every byte as zero and as ones. */
  void flips(Sample sample) {
    for (int at = 0; at < sample.used(); at++) {
      byte[] damaged = sample.bytes().clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      check(sample, damaged, "a flipped bit in byte " + at);
    }
    for (int at = 0; at < sample.used(); at += 7) {
      for (int value : new int[] {0, 0xff, 0x80, 0x7f}) {
        byte[] damaged = sample.bytes().clone();
        damaged[at] = (byte) value;
        check(sample, damaged, "byte " + at + " as " + value);
      }
    }
  }

  /** The file ends too early. */
  void cuts(Sample sample) {
    int length = sample.bytes().length;
    for (int end = 0; end < length; end += end % SECTOR < 8 || end % SECTOR > 504 ? 1 : 13) {
      check(sample, Arrays.copyOf(sample.bytes(), end), "a cut at byte " + end);
    }
  }

  /** One, two or three sectors that were never written. */
  void drops(Sample sample) {
    for (int count = 1; count <= 3; count++) {
      for (int at = 0; at + count * SECTOR <= sample.used(); at += SECTOR) {
        byte[] damaged = sample.bytes().clone();
        Arrays.fill(damaged, at, at + count * SECTOR, (byte) 0);
        boolean marksGone = at + count * SECTOR == sample.used() && count > 1;
        if (!marksGone) { // then two faults at once would have to be told from a write that never
          // ended
          check(sample, damaged, "%d sectors lost at %d".formatted(count, at));
        }
      }
    }
  }

  /** Any two sectors, each in the place of the other. */
  void swaps(Sample sample) {
    for (int a = 0; a < sample.used(); a += SECTOR) {
      for (int b = a + SECTOR; b < sample.used(); b += SECTOR) {
        byte[] damaged = sample.bytes().clone();
        System.arraycopy(sample.bytes(), a, damaged, b, SECTOR);
        System.arraycopy(sample.bytes(), b, damaged, a, SECTOR);
        check(sample, damaged, "sectors %d and %d swapped".formatted(a, b));
      }
    }
  }

  /** Sectors of an old copy, or of a life that began from one, among those of the journal. */
  void mixedCopies() {
    MemoryFileIo files = new MemoryFileIo();
    try (Journal journal = Rig.create(files, rules)) {
      journal.append(Rig.text("shared"));
    }
    byte[] old = files.get(PATH);
    Sample mine = life(old, "mine");
    Sample other = life(old, "else");
    for (int at = 0; at < mine.used(); at += SECTOR) {
      for (int end = at + SECTOR; end <= mine.used(); end += SECTOR) {
        byte[] mixed = mine.bytes().clone();
        System.arraycopy(other.bytes(), at, mixed, at, end - at);
        if (!Arrays.equals(mixed, other.bytes())) {
          check(mine, mixed, "bytes %d to %d of another copy".formatted(at, end));
        }
      }
    }
  }

  private Sample life(byte[] old, String word) {
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, old);
    try (Journal journal = Rig.open(files, new ArrayList<>(), rules)) {
      for (int i = 0; i < 5; i++) {
        journal.append(Rig.text(word + i));
      }
    }
    return new Sample(files.get(PATH), Rig.read(files));
  }

  /**
   * What a broken writer would leave: frames in a whole chain whose numbers leave something out.
   */
  void forgedGaps() {
    for (long lsn : new long[] {1, 2, 4, 5, 100}) {
      forged(lsn, 3, "record " + lsn + " after 2");
    }
    for (long frame : new long[] {1, 2, 4, 100}) {
      forged(3, frame, "frame " + frame + " after 2");
    }
  }

  /** Frames of an earlier epoch behind a later one, and an epoch that nobody opened. */
  void forgedEpochs() {
    forged(3, 3, new long[] {2, 2, 1}, "an old epoch");
    forged(3, 3, new long[] {1, 1, 2}, "an epoch that was not opened");
  }

  private void forged(long lsn, long frame, String what) {
    forged(lsn, frame, new long[] {1, 1, 1}, what);
  }

  private void forged(long lsn, long frame, long[] epochs, String what) {
    long space = 8192;
    ByteBuffer file = ByteBuffer.allocate((int) space);
    ByteBuffer header = FileHeader.encode(Rig.IDENTITY, epochs[0], 0, 1, 0, space);
    int checksum = header.getInt(Layout.HEADER - 4);
    file.put(header);
    long[][] frames = {{1, 1, epochs[0]}, {2, 2, epochs[1]}, {lsn, frame, epochs[2]}};
    for (long[] next : frames) {
      FrameBuilder builder = new FrameBuilder(Rig.IDENTITY);
      builder.add(next[0], next[2], Rig.TEXT, Rig.text("text " + next[0]).payload());
      FrameBuilder.Frame made =
          builder.finish(FrameHeader.COMMIT, checksum, next[2], next[1], next[0], space);
      file.put(made.bytes());
      checksum = made.checksum();
    }
    check(new Sample(file.array(), List.of("none of this is right")), file.array(), what);
  }

  private void check(Sample sample, byte[] damaged, String what) {
    cases++;
    MemoryFileIo files = new MemoryFileIo();
    files.put(PATH, damaged);
    try {
      List<String> found = Rig.read(files, rules);
      if (!found.equals(sample.texts())) {
        violations.add(what + ": found " + found.size() + " of " + sample.texts().size());
      }
    } catch (JournalDamagedException e) {
      if (e.offset() < 0 || e.offset() > Math.max(damaged.length, Layout.HEADER)) {
        violations.add(what + ": a place outside the file: " + e.getMessage());
      }
    } catch (BlockException | IllegalArgumentException | IndexOutOfBoundsException e) {
      violations.add(what + ": " + e);
    }
  }
}
