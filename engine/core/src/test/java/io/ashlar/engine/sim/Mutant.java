package io.ashlar.engine.sim;

import akka.Done;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.graph.Decision;
import io.ashlar.engine.sim.Histories.Trouble;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A rule in a broken form, and the trouble in which that shows. */
@SuppressWarnings("ImmutableEnumChecker") // the rules have no state of their own
public enum Mutant {
  /** None is broken. */
  NONE(Trouble.NONE, ChangeRules.SOUND),

  /** What the transaction decides is known to itself alone. */
  DECISION_NOT_SHARED(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public Decision decision() {
          return new Decision() {
            @Override
            public Outcome commit() {
              return Outcome.COMMITTED;
            }
          };
        }
      }),

  /** The transaction and those who carry it out do not mean the same decision. */
  DECISION_TAKEN_TWICE(
      Trouble.FAULTS,
      new ChangeRules() {
        @Override
        public Decision decision() {
          return new Decision() {
            @Override
            public Outcome abort() {
              return Outcome.COMMITTED;
            }
          };
        }
      }),

  /** The last one asked is not told of the abort. */
  ABORT_FORGETS_ONE(
      Trouble.FAULTS,
      new ChangeRules() {
        @Override
        public <T> List<T> undo(List<T> latestFirst) {
          return latestFirst.isEmpty() ? latestFirst : latestFirst.subList(1, latestFirst.size());
        }
      }),

  /** Nothing waits for the requests in flight. */
  QUIESCE_NOT_WAITING(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public void quiesce(Runnable begin, Runnable end) {}
      }),

  /** Guests come in before the decision. */
  GATES_OPENED_BEFORE_DECISION(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public void quiesce(Runnable begin, Runnable end) {
          begin.run();
          end.run();
        }
      }),

  /** Children put on disk what they owe before their parents do. */
  DOWN_CHILDREN_FIRST(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public List<String> down(List<String> parentsFirst) {
          return reversed(parentsFirst);
        }
      }),

  /** Parents prepare before their children have anything staged. */
  UP_PARENTS_FIRST(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public List<String> up(List<String> childrenFirst) {
          return reversed(childrenFirst);
        }
      }),

  /** A node becomes writable without its bitmaps being marked. */
  ARM_SKIPPED(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public CompletionStage<Done> arm(String node, Supplier<CompletionStage<Done>> arming) {
          return node.endsWith("0") ? DONE : arming.get();
        }
      }),

  /** One node is not told that the change took effect. */
  COMMIT_FORGETS_ONE(
      Trouble.NONE,
      new ChangeRules() {
        @Override
        public CompletionStage<Done> commit(
            String node, Supplier<CompletionStage<Done>> committing) {
          return node.startsWith("file") ? DONE : committing.get();
        }
      }),

  /** The abort does not wait for who is still inside. */
  LATE_ANSWER_NOT_UNDONE(
      Trouble.LATE,
      new ChangeRules() {
        @Override
        public CompletionStage<?> late(String node, CompletionStage<?> inside) {
          return DONE;
        }
      }),

  /** Nobody does what a dead actor should have done. */
  DEAD_NOT_FINISHED(
      Trouble.DEATHS,
      new ChangeRules() {
        @Override
        public CompletionStage<Done> forTheDead(String node, Supplier<CompletionStage<Done>> self) {
          return DONE;
        }
      }),

  /** A node whose call has not returned serves requests. */
  LATE_NOT_QUIESCED(
      Trouble.LATE,
      new ChangeRules() {
        @Override
        public Set<String> stayQuiesced(Set<String> late) {
          return Set.of();
        }
      }),

  /** The image is sealed before what it says is flushed. */
  SEAL_BEFORE_FLUSH(Trouble.NONE, ChangeRules.SOUND),

  /** IN_USE is written and not flushed. */
  ARM_NOT_FLUSHED(Trouble.NONE, ChangeRules.SOUND),

  /** After a publish with unknown outcome, nobody makes the old directory the image's. */
  UNKNOWN_NOT_SETTLED(Trouble.STORE, ChangeRules.SOUND),

  /** After a failed flush, only what was not written yet is written again. */
  DOUBT_FORGOTTEN(Trouble.STORE, ChangeRules.SOUND);

  private static final CompletionStage<Done> DONE =
      CompletableFuture.completedFuture(Done.getInstance());

  private final Trouble trouble;
  private final ChangeRules rules;

  Mutant(Trouble trouble, ChangeRules rules) {
    this.trouble = trouble;
    this.rules = rules;
  }

  /** In which trouble it shows. */
  public Trouble trouble() {
    return trouble;
  }

  ChangeRules rules() {
    return rules;
  }

  private static <T> List<T> reversed(List<T> list) {
    List<T> copy = new ArrayList<>(list);
    Collections.reverse(copy);
    return copy;
  }
}
