package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ashlar.driver.qcow2.FenceStory.Step;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A crash at every point of the life of a fence, with every sector that no flush covered there or
 * not: the image is what it was before the step or what it is after it, never anything between, and
 * after the step nothing else than that. Clusters may leak; QEMU agrees.
 */
class Qcow2FenceCrashTest {
  private static final List<Step> LIFE =
      List.of(
          Step.ARM,
          Step.WRITE,
          Step.FLUSH,
          Step.CHANGE,
          Step.WRITE,
          Step.ADD,
          Step.WRITE,
          Step.FLUSH,
          Step.REOPEN_AND_ARM,
          Step.WRITE,
          Step.SEAL,
          Step.ARM,
          Step.REVOKE,
          Step.WRITE,
          Step.FLUSH,
          Step.SEAL,
          Step.ARM,
          Step.WRITE,
          Step.REOPEN_WITHOUT,
          Step.WRITE,
          Step.SEAL);

  /** Looks at the disks that a crash may leave. */
  private static final class Judge {
    private final Path scratch;
    private final int qemu;
    private final Set<String> seen = new HashSet<>();
    private int states;
    private int asked;

    Judge(Path scratch, int qemu) {
      this.scratch = scratch;
      this.qemu = qemu;
    }

    void look(MemoryNode disk, Set<String> allowed, String when) {
      states++;
      String view = FenceStory.view(disk);
      assertThat(allowed).as(when).contains(view);
      BlockNode node = FencedImage.host(disk.copy()).readOnly(true).open(new Qcow2Driver());
      Checkable.CheckResult result = ((Checkable) node).check(Checkable.Repair.NONE);
      assertThat(result.corruptions()).as("%s: %s", when, result.findings()).isZero();
      boolean first = seen.add(when + view);
      if (qemu > 0 && (first || states % 50 == 0 && asked < qemu)) {
        asked++;
        askQemu(disk, view, when);
      }
    }

    private void askQemu(MemoryNode disk, String view, String when) {
      Path image = QemuTools.save(disk, scratch);
      QemuTools.Outcome check = QemuTools.outcome("qemu-img", "check", "-f", "qcow2", image);
      assertThat(check.exit()).as("%s: %s%s", when, check.output(), check.errors()).isIn(0, 3);
      List<String> flags = Qcow2BitmapFaultsTest.flagsOfQemu(image);
      flags.remove("ashlar.fence");
      assertThat(flags).as(when).isEqualTo(FenceStory.listed(view));
    }
  }

  @TempDir static Path directory;

  static Stream<String> shapes() {
    return Stream.of(
        "cluster_size=512",
        "cluster_size=4096",
        "cluster_size=512,backing_file=some-base.raw,backing_fmt=raw");
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aCrashAnywhere_leavesTheOldOrTheNew(String options) {
    Judge judge = new Judge(directory.resolve("d"), 100);

    live(options, BitmapSteps.RIGHT, judge);

    assertThat(judge.states).isGreaterThan(500);
  }

  /** Goes through all steps and looks at the disks on the way. */
  private static void live(String options, BitmapSteps steps, Judge judge) {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    SectorLog file = new SectorLog(image(options), new Random(seed));
    FenceStory story = new FenceStory(file, steps);
    String before = story.expected();
    int number = 0;
    for (Step step : LIFE) {
      String when = options + ", seed " + seed + ", step " + number++ + ", " + step;
      String old = before;
      file.beforeFlush(
          () -> {
            Set<String> either = new HashSet<>(Arrays.asList(old, story.expected()));
            file.crashes(disk -> judge.look(disk, either, when));
          });
      step.run(story);
      before = story.expected();
      Set<String> after = Set.of(before);
      file.crashes(disk -> judge.look(disk, after, "after " + when));
    }
  }

  private static MemoryNode image(String options) {
    QemuTools.save(MemoryNode.of(new byte[1 << 20]), directory.resolve("some-base.raw"));
    MemoryNode file = QemuTools.load(QemuTools.create(directory.resolve("a"), options, "1M"));
    BlockNode node = FencedImage.host(file).open(new Qcow2Driver());
    FencedImage.seal((BitmapStore) node, 3);
    node.close();
    return file;
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokenFenceSteps.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = "TRUSTS_ONE_THAT_IS_SPREAD_OVER_SECTORS")
  void aBrokenRule_isFound(BrokenFenceSteps broken) {
    Judge judge = new Judge(directory.resolve("d"), 0);
    assertThatThrownBy(() -> live("cluster_size=512", broken.steps(), judge))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("step");
  }

  static Stream<Arguments> faults() {
    return Stream.of(Step.ARM, Step.FLUSH, Step.CHANGE, Step.ADD, Step.REVOKE, Step.SEAL)
        .flatMap(s -> Stream.of(FaultyFile.Effect.values()).map(e -> arguments(s, e)));
  }

  /** Each write and flush of a step fails, once and for ever; then the engine tries again. */
  @ParameterizedTest
  @MethodSource("faults")
  void anErrorAnywhere_leavesTheOldOrTheNew_andTheNextAttemptWorks(
      Step step, FaultyFile.Effect effect) {
    MemoryNode start = image("cluster_size=512");
    for (boolean forEver : List.of(false, true)) {
      for (boolean revoke : List.of(false, true)) {
        int k = 1;
        while (fail(start, step, effect, k, forEver, revoke)) {
          k++;
        }
        assertThat(k).isGreaterThan(2);
      }
    }
  }

  /** Whether there was something to fail. */
  private boolean fail(
      MemoryNode start,
      Step step,
      FaultyFile.Effect effect,
      int k,
      boolean forEver,
      boolean revoke) {
    String when = step + ", " + effect + ", operation " + k + (forEver ? " for ever" : "");
    Judge judge = new Judge(directory.resolve("d"), 0);
    FaultyFile file = new FaultyFile(start);
    FenceStory story = new FenceStory(file, BitmapSteps.RIGHT);
    List<Step> first = step == Step.ARM ? List.of() : List.of(Step.ARM, Step.WRITE, Step.FLUSH);
    first.forEach(s -> s.run(story));
    String old = story.expected();
    file.fail(k, forEver, effect);
    boolean failed = attempt(step, story);
    if (file.failures() == 0) {
      return false;
    }
    String tried = story.expected();
    Set<String> allowed = failed ? new HashSet<>(Arrays.asList(old, tried)) : Set.of(tried);
    file.crashes().forEach(disk -> judge.look(disk, allowed, when));
    file.heal();
    if (revoke && failed) {
      Step.REVOKE.run(story);
      Set<String> without = new HashSet<>(List.of(withoutFence(old), withoutFence(tried)));
      file.crashes().forEach(disk -> judge.look(disk, without, "revoked after " + when));
    } else if (failed) {
      step.run(story);
      file.crashes().forEach(d -> judge.look(d, Set.of(story.expected()), "again " + when));
    }
    Step.SEAL.run(story);
    file.crashes().forEach(d -> judge.look(d, Set.of(story.expected()), "sealed after " + when));
    return true;
  }

  private static String withoutFence(String view) {
    return FenceReport.NONE + view.substring(view.lastIndexOf(']') + 1);
  }

  private static boolean attempt(Step step, FenceStory story) {
    try {
      step.run(story);
      return false;
    } catch (BlockException e) {
      assertThat(e).hasMessageMatching("injected|.*may be lost.*");
      return true;
    }
  }

  @Test
  void oneThatIsNotInTheFirstSector_isNotTrusted() {
    spread(BitmapSteps.RIGHT);
    BitmapSteps broken = BrokenFenceSteps.TRUSTS_ONE_THAT_IS_SPREAD_OVER_SECTORS.steps();
    assertThatThrownBy(() -> spread(broken)).isInstanceOf(AssertionError.class);
  }

  private void spread(BitmapSteps steps) {
    MemoryNode file = image("cluster_size=4096");
    BitmapStore store = (BitmapStore) FencedImage.host(file).open(new Qcow2Driver());
    FencedImage.arm(store, FencedImage.FENCE);
    Header.Builder b = HeaderCodec.read(file, "d").toBuilder();
    b.extensions.add(0, new HeaderExtension(0x11223344, new byte[300]));
    file.put(0, HeaderLayout.encode(b.build()));
    BitmapStore seen =
        (BitmapStore) FencedImage.host(file).readOnly(true).open(new Qcow2Driver(steps));
    assertThat(seen.fence()).isInstanceOf(FenceReport.Broken.class);
  }
}
