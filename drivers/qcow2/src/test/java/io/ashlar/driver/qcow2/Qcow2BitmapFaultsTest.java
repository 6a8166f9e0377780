package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Arming, storing, adding and removing bitmaps with an error at each single write and flush, once
 * and for ever, with every effect that a failing operation may have. After each: no crash shows a
 * bitmap that is valid and wrong, QEMU finds no more than leaks, nothing is lost in memory, and the
 * next attempt succeeds once the fault is gone (the fault matrix of bitmaps.md is what to beat;
 * invariants 1, 2, 4 to 6, 12, 18, 23, 28, 31).
 */
class Qcow2BitmapFaultsTest {
  private static final int GRANULARITY = 4096;

  @TempDir static Path directory;
  private static final Set<String> JUDGED = new HashSet<>();

  /** What is done while storage fails; the engine's part of the protocol is in {@link Rig}. */
  private enum Job {
    ARM {
      @Override
      void run(Rig rig) {
        rig.store.arm();
      }
    },
    STORE {
      @Override
      void run(Rig rig) {
        rig.store.stage(rig.truth(false)).publish();
      }
    },
    ADD {
      @Override
      void run(Rig rig) {
        List<BitmapEntry> entries = rig.kept();
        entries.add(new BitmapEntry.Written("new", GRANULARITY, true, true, new BitArray()));
        rig.store.stage(entries).publish();
      }
    },
    REMOVE {
      @Override
      void run(Rig rig) {
        List<BitmapEntry> entries = rig.kept();
        entries.removeIf(e -> ((BitmapEntry.Kept) e).stored().name().equals("two"));
        rig.store.stage(entries).publish();
      }
    };

    abstract void run(Rig rig);
  }

  /** An open node, what its bitmaps have to say, and the storage under it. */
  private static final class Rig {
    final FaultyFile file;
    final BlockNode node;
    final BitmapStore store;
    final TreeMap<String, BitArray> truth = new TreeMap<>();
    private int writes;

    Rig(MemoryNode image, BitmapSteps steps) {
      file = new FaultyFile(image);
      node = TestHost.create().child("file", file).open(new Qcow2Driver(steps));
      store = (BitmapStore) node;
      for (StoredBitmap bitmap : store.directory()) {
        BitArray bits = new BitArray();
        store.load(bitmap, bits);
        truth.put(bitmap.name(), bits);
      }
    }

    /** A guest writes where nothing was, many times, so that freed clusters are used again. */
    void guestWrites() {
      for (int i = 0; i < 12; i++) {
        long at = (writes++ * 20_480L) % (4 << 20);
        byte[] data = new byte[8192];
        java.util.Arrays.fill(data, (byte) -1);
        truth.values().forEach(b -> b.bits.set((int) (at / 4096), (int) (at / 4096) + 2));
        node.write(at, ByteBuffer.wrap(data), 0);
      }
    }

    List<BitmapEntry> truth(boolean inUse) {
      List<BitmapEntry> entries = new ArrayList<>();
      truth.forEach(
          (name, bits) ->
              entries.add(new BitmapEntry.Written(name, GRANULARITY, true, inUse, bits)));
      return entries;
    }

    List<BitmapEntry> kept() {
      List<BitmapEntry> entries = new ArrayList<>();
      store.directory().forEach(b -> entries.add(new BitmapEntry.Kept(b, b.inUse())));
      return entries;
    }

    /** Looks at every disk that a crash may leave. */
    void judge(String when) {
      for (MemoryNode disk : file.crashes()) {
        judgeDisk(disk, when);
      }
    }

    private void judgeDisk(MemoryNode disk, String when) {
      String print = print(disk);
      Qcow2Bitmaps seen = new Qcow2Bitmaps(new PlainSpace(disk));
      List<String> flags = new ArrayList<>();
      assertThat(seen.directory())
          .as("%s: no bitmap is lost", when)
          .extracting(StoredBitmap::name)
          .contains("one");
      for (StoredBitmap bitmap : seen.directory()) {
        assertThat(bitmap.unusable()).as(when).isNull();
        flags.add(bitmap.name() + (bitmap.inUse() ? "!" : ""));
        if (!bitmap.inUse()) {
          BitArray bits = new BitArray();
          seen.load(bitmap, bits);
          assertThat(bits.bits).as("%s: valid '%s'", when, bitmap.name()).isEqualTo(bits(bitmap));
        }
      }
      if (JUDGED.add(print)) {
        Path image = QemuTools.save(disk, directory.resolve("disk"));
        QemuTools.Outcome check = QemuTools.outcome("qemu-img", "check", image);
        assertThat(check.exit()).as("%s: %s%s", when, check.output(), check.errors()).isIn(0, 3);
        if (JUDGED.add(flags.toString())) {
          assertThat(flagsOfQemu(image)).as(when).isEqualTo(flags);
        }
      }
    }

    private BitSet bits(StoredBitmap bitmap) {
      BitArray bits = truth.get(bitmap.name());
      return bits == null ? new BitSet() : bits.bits;
    }

    /** No crash may show a valid bitmap: a guest is about to write. */
    void requireArmed(String when) {
      for (MemoryNode disk : file.crashes()) {
        assertThat(new Qcow2Bitmaps(new PlainSpace(disk)).directory())
            .as(when)
            .isNotEmpty()
            .allMatch(StoredBitmap::inUse);
      }
    }
  }

  static List<String> flagsOfQemu(Path image) {
    String info = QemuTools.run("qemu-img", "info", "--output=json", image);
    List<String> flags = new ArrayList<>();
    java.util.regex.Matcher m =
        java.util.regex.Pattern.compile(
                "\"flags\": \\[([^\\]]*)\\],\\s*\"name\": \"([\\w.]+)\"",
                java.util.regex.Pattern.DOTALL)
            .matcher(info);
    while (m.find()) {
      flags.add(m.group(2) + (m.group(1).contains("in-use") ? "!" : ""));
    }
    return flags;
  }

  private static String print(MemoryNode disk) {
    try {
      byte[] all = disk.get(0, (int) disk.length());
      byte[] hash = java.security.MessageDigest.getInstance("SHA-256").digest(all);
      return java.util.HexFormat.of().formatHex(hash);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(Job.values())
        .flatMap(
            job ->
                Stream.of(FaultyFile.Effect.values())
                    .flatMap(effect -> Stream.of(false, true).map(e -> arguments(job, effect, e))));
  }

  @ParameterizedTest(name = "{0}, {1}, for ever {2}")
  @MethodSource("faults")
  void anErrorAtEachWriteAndFlush_losesNothing(Job job, FaultyFile.Effect effect, boolean forEver) {
    assertThat(loop(job, effect, forEver, BitmapSteps.RIGHT)).isPositive();
  }

  /** Every operation of a good run fails once in its turn; gives how often the job failed by it. */
  private static int loop(Job job, FaultyFile.Effect effect, boolean forEver, BitmapSteps steps) {
    Rig good = start(job, steps);
    good.file.fail(Integer.MAX_VALUE, false, effect);
    job.run(good);
    int operations = good.file.operations();
    assertThat(operations).isGreaterThan(1);
    int failed = 0;
    for (int k = 1; k <= operations; k++) {
      failed += once(job, effect, forEver, steps, k) ? 1 : 0;
    }
    return failed;
  }

  private static Rig start(Job job, BitmapSteps steps) {
    Rig rig = new Rig(image(), steps);
    if (job != Job.ARM) {
      rig.store.arm();
      rig.guestWrites();
      rig.node.flush();
    }
    return rig;
  }

  private static boolean once(
      Job job, FaultyFile.Effect effect, boolean forEver, BitmapSteps steps, int k) {
    String when = job + ", operation " + k + " fails " + (forEver ? "for ever" : "once");
    Rig rig = start(job, steps);
    rig.file.fail(k, forEver, effect);
    boolean failed = attempt(() -> job.run(rig));
    assertThat(rig.file.failures()).as(when).isPositive();
    rig.judge(when);
    if (!failed) {
      assertDone(job, rig, when);
    }
    if (job == Job.ADD || job == Job.REMOVE) {
      // Guests of an armed node write on, whatever became of the header.
      attempt(rig::guestWrites);
      rig.judge(when + ", after which a guest wrote");
      attempt(rig.node::flush);
      rig.judge(when + ", while a guest writes on");
    }
    // A guest wants to write: the engine arms first, and refuses the write when that fails.
    boolean armed = !attempt(rig.store::arm);
    assertThat(armed || forEver).as("%s: the next arming works", when).isTrue();
    if (armed && !forEver) {
      rig.requireArmed(when + ", then armed");
      rig.guestWrites();
      attempt(rig.node::flush);
    }
    rig.judge(when + ", then a guest wrote");
    rig.file.heal();
    rig.store.arm();
    rig.requireArmed(when + ", then healed");
    rig.guestWrites();
    if (failed || job == Job.ARM || job == Job.STORE) {
      job.run(rig);
    }
    assertDone(job, rig, when + ", at the second attempt");
    rig.judge(when + ", at the second attempt");
    attempt(rig.node::flush);
    rig.node.close();
    for (MemoryNode disk : rig.file.crashes()) {
      rig.judgeDisk(disk, when + ", at the end");
    }
    return failed;
  }

  private static void assertDone(Job job, Rig rig, String when) {
    List<StoredBitmap> now =
        new Qcow2Bitmaps(new PlainSpace(rig.file.crashes().get(0))).directory();
    List<String> names = now.stream().map(StoredBitmap::name).toList();
    switch (job) {
      case ARM -> assertThat(now).as(when).allMatch(StoredBitmap::inUse);
      case STORE -> assertThat(now).as(when).hasSize(2).noneMatch(StoredBitmap::inUse);
      case ADD -> assertThat(names).as(when).containsExactly("one", "two", "new");
      case REMOVE -> assertThat(names).as(when).containsExactly("one");
    }
  }

  private static boolean attempt(Runnable action) {
    try {
      action.run();
      return false;
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
      return true;
    }
  }

  private static MemoryNode start;

  /** A disk with two valid bitmaps. */
  private static MemoryNode image() {
    if (start == null) {
      MemoryNode file =
          QemuTools.load(QemuTools.create(directory.resolve("a"), "cluster_size=4096", 4 << 20));
      BlockNode node = TestHost.create().child("file", file).open(new Qcow2Driver());
      // What clusters held before must not pass for tables.
      byte[] noise = new byte[1 << 18];
      java.util.Arrays.fill(noise, (byte) -1);
      node.write(3 << 20, ByteBuffer.wrap(noise), 0);
      node.flush();
      ((BitmapStore) node)
          .stage(
              List.of(
                  new BitmapEntry.Written("one", GRANULARITY, true, false, BitArray.of(900)),
                  new BitmapEntry.Written("two", GRANULARITY, true, false, BitArray.of(901))))
          .publish();
      node.close();
      start = file;
    }
    return start;
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenBitmapSteps.class,
      mode = Mode.EXCLUDE,
      names = "FREES_WHAT_AN_UNREAD_TABLE_NAMES")
  void aBrokenRule_isFound(BrokenBitmapSteps broken) {
    assertThatThrownBy(
            () -> {
              for (Job job : Job.values()) {
                for (FaultyFile.Effect effect : FaultyFile.Effect.values()) {
                  loop(job, effect, false, broken.steps());
                  loop(job, effect, true, broken.steps());
                }
              }
            })
        .isInstanceOfAny(AssertionError.class, BlockException.class);
  }
}
