package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Makes what the crash of a violation loses as little as possible while the state stays bad in the
 * same way: toward everything kept, nothing torn, holes that are zeros; then the earliest moment of
 * the run at which a crash that loses no more leaves a bad state.
 */
final class StateShrinker {
  /**
   * One thing in which a state differs from the one with everything kept.
   *
   * @param change what was asked
   * @param lost its sectors that are lost; empty when they are filled with rubbish instead
   */
  private record Loss(Change change, BitSet lost) {
    boolean rubbish() {
      return lost.isEmpty();
    }

    boolean torn() {
      return !rubbish() && lost.cardinality() < change.sectors();
    }

    static Loss whole(Change change) {
      BitSet all = new BitSet();
      all.set(0, change.sectors());
      return new Loss(change, all);
    }
  }

  private final Replay replay;
  private final char oracle;
  private final boolean largeSectors;
  private int left;
  private Timeline.Moment moment;
  private List<Loss> losses;
  private String what;

  private StateShrinker(Replay replay, Explorer.Violation first, int most) {
    this.replay = replay;
    this.oracle = first.what().charAt(0);
    this.largeSectors = first.workload().unit() > 1;
    this.left = most;
    this.moment = first.moment();
    this.what = first.what();
  }

  /** Carries the workload of a violation out again, and shrinks what its crash lost. */
  static Explorer.Violation shrink(Explorer.Violation first, boolean strict, int most) {
    boolean ended = first.moment().at() > 0; // else the run itself failed
    return ended ? shrink(first, Replay.of(new Machine(), first, strict), most) : first;
  }

  /**
   * The violation with the least loss that was found, and what it is in the words of the formats.
   *
   * @param replay of the same workload
   * @param most so many states are looked at
   */
  static Explorer.Violation shrink(Explorer.Violation first, Replay replay, int most) {
    StateShrinker shrinker = new StateShrinker(replay, first, most);
    if (!replay.moments().contains(first.moment())) {
      return first; // another run
    }
    shrinker.losses = losses(replay.pending(first.moment()), first.choice());
    if (!shrinker.bad(first.moment(), shrinker.losses)) {
      return first;
    }
    shrinker.fewer();
    shrinker.whole();
    shrinker.earlier();
    shrinker.fewer();
    Choice choice = choice(replay.pending(shrinker.moment), shrinker.losses);
    return new Explorer.Violation(
        first.workload(),
        first.before(),
        shrinker.moment,
        choice,
        first.lives(),
        shrinker.what,
        replay.missing(shrinker.moment, choice));
  }

  private static List<Loss> losses(List<Change> pending, Choice choice) {
    List<Loss> losses = new ArrayList<>();
    for (int i = 0; i < pending.size(); i++) {
      Change change = pending.get(i);
      BitSet torn = choice.torn().get(i);
      if (!choice.kept().get(i)) {
        losses.add(Loss.whole(change));
        continue;
      }
      if (torn != null) {
        BitSet lost = Loss.whole(change).lost;
        lost.andNot(torn);
        if (!lost.isEmpty()) {
          losses.add(new Loss(change, lost));
        }
      }
      if (choice.rubbish().get(i)) {
        losses.add(new Loss(change, new BitSet()));
      }
    }
    return losses;
  }

  /** Everything kept but for these; those that were not asked for yet are not there anyway. */
  private static Choice choice(List<Change> pending, List<Loss> losses) {
    BitSet kept = new BitSet();
    kept.set(0, pending.size());
    BitSet rubbish = new BitSet();
    Map<Integer, BitSet> torn = new HashMap<>();
    for (Loss loss : losses) {
      int number = pending.indexOf(loss.change);
      if (number >= 0 && loss.rubbish()) {
        rubbish.set(number);
      } else if (number >= 0 && loss.torn()) {
        BitSet rest = Loss.whole(loss.change).lost;
        rest.andNot(loss.lost);
        torn.put(number, rest);
      } else if (number >= 0) {
        kept.clear(number);
      }
    }
    return new Choice(kept, torn, rubbish);
  }

  private boolean bad(Timeline.Moment when, List<Loss> some) {
    if (left-- <= 0) {
      return false;
    }
    Optional<String> wrong =
        replay
            .wrong(when, choice(replay.pending(when), some))
            .filter(text -> text.charAt(0) == oracle);
    wrong.ifPresent(text -> what = text);
    return wrong.isPresent();
  }

  /** Toward everything kept: no loss can be left out of what remains. */
  private void fewer() {
    losses = Shrinker.fewer(losses, some -> bad(moment, some));
  }

  /**
   * What is torn is lost as a whole, if that is bad too, and else in as few sectors as possible.
   */
  private void whole() {
    for (int i = 0; i < losses.size(); i++) {
      Loss loss = losses.get(i);
      if (loss.torn()) {
        int number = i;
        Predicate<Loss> instead =
            other -> {
              List<Loss> next = new ArrayList<>(losses);
              next.set(number, other);
              return bad(moment, next);
            };
        losses.set(i, Loss.whole(loss.change));
        if (bad(moment, losses)) {
          continue;
        }
        losses.set(i, loss);
        if (!largeSectors) { // which tear nowhere else
          losses.set(
              i,
              new Loss(
                  loss.change,
                  bits(
                      Shrinker.fewer(
                          loss.lost.stream().boxed().toList(),
                          some ->
                              !some.isEmpty()
                                  && instead.test(new Loss(loss.change, bits(some)))))));
        }
      }
    }
  }

  private static BitSet bits(List<Integer> numbers) {
    BitSet bits = new BitSet();
    numbers.forEach(bits::set);
    return bits;
  }

  private void earlier() {
    for (Timeline.Moment other : replay.moments()) {
      if (other.at() >= moment.at()) {
        return;
      }
      if (bad(other, losses)) {
        List<Change> there = replay.pending(other);
        losses = new ArrayList<>(losses.stream().filter(l -> there.contains(l.change)).toList());
        moment = other;
        return;
      }
    }
  }
}
