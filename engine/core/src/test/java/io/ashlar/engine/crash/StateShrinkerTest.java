package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is known to be enough for a bad state is what is left of it. */
final class StateShrinkerTest {
  private static final int MOST = 3000;

  private final Machine machine = new Machine();
  private final Run run =
      Run.of(
          machine,
          Workload.of(
              1, List.of(Op.OVERWRITE, Op.WRITE_NEW, Op.DISCARD, Op.WRITE_NEW, Op.FLUSH), false));

  private Timeline.Moment busiest() {
    return busiest(false);
  }

  /** The moment with the most that may be lost. */
  private Timeline.Moment busiest(boolean withHole) {
    Crash crash = run.crash().fork();
    Timeline.Moment found = null;
    int most = -1;
    for (Timeline.Moment moment : run.timeline().moments()) {
      crash.moveTo(moment.at());
      boolean hole = crash.pending().stream().anyMatch(change -> change instanceof Change.Hole);
      if (hole == withHole && crash.pending().size() >= most) {
        most = crash.pending().size();
        found = moment;
      }
    }
    return found;
  }

  private List<Change> pending(Timeline.Moment moment) {
    Crash crash = run.crash().fork();
    crash.moveTo(moment.at());
    return crash.pending();
  }

  /** Almost everything is lost, torn, or rubbish; whoever does nothing returns that. */
  private static Choice ruin(List<Change> pending) {
    BitSet kept = new BitSet();
    BitSet rubbish = new BitSet();
    Map<Integer, BitSet> torn = new java.util.HashMap<>();
    for (int i = 0; i < pending.size(); i++) {
      if (pending.get(i) instanceof Change.Hole) {
        kept.set(i);
        rubbish.set(i);
      } else if (pending.get(i).sectors() > 4) {
        kept.set(i);
        torn.put(i, BitSet.valueOf(new long[] {1}));
      }
    }
    return new Choice(kept, torn, rubbish);
  }

  /** Shrinks a state that is bad by an opinion of its choice. */
  private Explorer.Violation shrunk(Timeline.Moment moment, BiPredicate<List<Change>, Choice> bad) {
    Choice first = ruin(pending(moment));
    assertThat(bad.test(pending(moment), first)).isTrue();
    Replay.Opinion opinion =
        (crash, when, choice) ->
            bad.test(crash.pending(), choice) ? Optional.of("B: planted") : Optional.empty();
    Explorer.Violation violation =
        new Explorer.Violation(
            run.workload(), List.of(), moment, first, false, "B: planted", List.of());
    return StateShrinker.shrink(
        violation, new Replay(machine, run.crash(), run.timeline(), opinion), MOST);
  }

  private Change.Data data(int number) {
    return pending(busiest()).stream()
        .filter(change -> change instanceof Change.Data && change.sectors() == 8)
        .map(Change.Data.class::cast)
        .toList()
        .get(number);
  }

  private static boolean lost(List<Change> pending, Choice choice, Change change) {
    int number = pending.indexOf(change);
    return number >= 0 && !choice.kept().get(number);
  }

  private static BitSet all(List<Change> pending, int... without) {
    BitSet kept = new BitSet();
    kept.set(0, pending.size());
    IntStream.of(without).forEach(kept::clear);
    return kept;
  }

  @Test
  void ofManyLossesThoseThatMatterAreLeft() {
    Change first = data(0);
    Change second =
        pending(busiest()).stream().filter(c -> c.sectors() < 4).findFirst().orElseThrow();
    Explorer.Violation small =
        shrunk(
            busiest(),
            (pending, choice) ->
                pending.contains(first)
                    && !choice.equals(Choice.all(pending.size()))
                    && !(choice.kept().get(pending.indexOf(first))
                        && choice.torn().get(pending.indexOf(first)) == null)
                    && lost(pending, choice, second));
    List<Change> there = pending(small.moment());
    assertThat(small.choice())
        .isEqualTo(Choice.of(all(there, there.indexOf(first), there.indexOf(second))));
    assertThat(small.missing()).hasSize(2).allMatch(line -> line.startsWith("lost: "));
    // The earliest moment is that of the asking of the later one.
    assertThat(small.moment().at())
        .isEqualTo(
            run.timeline().moments().stream()
                .mapToLong(Timeline.Moment::at)
                .filter(at -> at > Math.max(first.issued, second.issued))
                .min()
                .orElseThrow());
  }

  @Test
  void whatIsBadOnlyWhenTornStaysTornInAsFewSectorsAsPossible() {
    Change change = data(0);
    Explorer.Violation small =
        shrunk(
            busiest(),
            (pending, choice) -> {
              BitSet kept = choice.torn().get(pending.indexOf(change));
              return pending.contains(change) && kept != null && kept.get(0) && !kept.get(5);
            });
    List<Change> there = pending(small.moment());
    BitSet rest = new BitSet();
    rest.set(0, 8);
    rest.clear(5);
    assertThat(small.choice())
        .isEqualTo(new Choice(all(there), Map.of(there.indexOf(change), rest), new BitSet()));
    assertThat(small.missing()).hasSize(1).first().asString().contains("torn", "sectors [5] lost");
  }

  @Test
  void rubbishThatMattersStays() {
    Change hole =
        pending(busiest(true)).stream()
            .filter(c -> c instanceof Change.Hole)
            .findFirst()
            .orElseThrow();
    Explorer.Violation small =
        shrunk(
            busiest(true),
            (pending, choice) -> choice.rubbish().get(Math.max(0, pending.indexOf(hole))));
    List<Change> there = pending(small.moment());
    BitSet rubbish = new BitSet();
    rubbish.set(there.indexOf(hole));
    assertThat(small.choice()).isEqualTo(new Choice(all(there), Map.of(), rubbish));
    assertThat(small.missing()).hasSize(1).first().asString().startsWith("rubbish: hole");
  }

  @Test
  void whatIsBadWithEverythingKeptHasNothingMissing() {
    Explorer.Violation small = shrunk(busiest(), (pending, choice) -> !pending.isEmpty());
    assertThat(small.missing()).isEmpty();
    assertThat(small.toString()).contains("nothing is lost");
    Timeline.Moment first =
        run.timeline().moments().stream()
            .filter(moment -> !pending(moment).isEmpty())
            .findFirst()
            .orElseThrow();
    assertThat(small.moment()).isEqualTo(first);
  }

  /** A disk that forgets one write although it was flushed. */
  @Test
  void aWriteThatTheDiskForgetsIsNamedAlone() {
    Workload workload =
        Workload.of(1, List.of(Op.OVERWRITE, Op.FLUSH, Op.WRITE_NEW, Op.SUB_CLUSTER), false);
    Run lying = Run.of(machine, workload);
    Change.Data forgotten =
        lying.timeline().changes().stream()
            .filter(change -> change instanceof Change.Data data && isOf(data, 5))
            .map(Change.Data.class::cast)
            .reduce((one, other) -> other)
            .orElseThrow();
    forgotten.certain = Change.NEVER;
    Timeline.Moment end = lying.timeline().moments().get(lying.timeline().moments().size() - 1);
    Crash crash = lying.crash().fork();
    crash.moveTo(end.at());
    Explorer.Violation violation =
        new Explorer.Violation(
            workload, List.of(), end, ruin(crash.pending()), false, "B: ?", List.of());
    Explorer.Violation small =
        StateShrinker.shrink(violation, Replay.of(machine, lying, violation, true), MOST);
    assertThat(small.missing())
        .hasSize(1)
        .first()
        .asString()
        .contains("lost: image.qcow2", "data of guest cluster 5");
    assertThat(small.what()).startsWith("B: sector 4");
    assertThat(small.moment().what()).isEqualTo("flushed");
  }

  /** Whether it is what was written over a cluster. */
  private static boolean isOf(Change.Data data, int cluster) {
    long value = GuestTruth.value(data.after[0]);
    return value > 0 && (value & 0xffffff) == cluster * 8L;
  }

  @Test
  void lossesAreToldInTheWordsOfTheFormats() {
    Run life =
        Run.of(
            machine, Workload.of(1, List.of(Op.OVERWRITE, Op.WRITE_NEW, Op.FLUSH, Op.CLEAR), true));
    Crash crash = life.crash();
    List<String> told = new ArrayList<>();
    for (Timeline.Moment moment : life.timeline().moments()) {
      if (crash.moveTo(moment.at())) {
        told.addAll(Describe.missing(machine, crash, Choice.mask(0)));
      }
    }
    String all = told.stream().distinct().collect(Collectors.joining("\n"));
    assertThat(all)
        .containsPattern("L2 entry 20: 0x0 to 0x80000000000[0-9a-f]+ of table @0x[0-9a-f]+")
        .containsPattern("counts 0x[0-9a-f]+: 0 to 1.* of refcount block @0x[0-9a-f]+")
        .containsPattern(
            "header: autoclear features, bitmaps 3 directory @0x[0-9a-f]+, fence epoch")
        .containsPattern("header: fence epoch \\d+ nonce [0-9a-f]{8} lsn \\d+")
        .contains("bitmap directory [b0 IN_USE, b1 IN_USE, ashlar.fence]")
        .contains("new data of guest sector 160")
        .containsPattern("journal frame \\d+: HEAT lsn \\d+")
        .containsPattern("journal frame \\d+: NONCE lsn \\d+")
        .containsPattern("journal frame \\d+: BEAT, CAPTURE_PART, CAPTURE_END lsn \\d+");
  }
}
