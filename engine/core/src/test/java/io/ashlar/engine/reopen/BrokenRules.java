package io.ashlar.engine.reopen;

import akka.Done;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.graph.Decision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The rules of a change, each in a broken form that exists for tests alone. */
@SuppressWarnings("ImmutableEnumChecker") // A broken rule may have to remember something.
enum BrokenRules implements ChangeRules {
  /** QEMU's way: bitmaps are marked IN_USE after the commit, and a failure of that is success. */
  ARM_IN_COMMIT {
    private final Map<String, Supplier<CompletionStage<Done>>> later = new ConcurrentHashMap<>();

    @Override
    public CompletionStage<Done> arm(String node, Supplier<CompletionStage<Done>> arming) {
      later.put(node, arming);
      return done();
    }

    @Override
    public CompletionStage<Done> commit(String node, Supplier<CompletionStage<Done>> committing) {
      Supplier<CompletionStage<Done>> arming = later.remove(node);
      return arming == null
          ? committing.get()
          : committing
              .get()
              .thenCompose(d -> arming.get())
              .handle((done, error) -> Done.getInstance());
    }
  },

  /** Children are asked to lose first. */
  DOWN_CHILDREN_FIRST {
    @Override
    public List<String> down(List<String> parentsFirst) {
      return reversed(parentsFirst);
    }
  },

  /** Parents are asked to gain first. */
  UP_PARENTS_FIRST {
    @Override
    public List<String> up(List<String> childrenFirst) {
      return reversed(childrenFirst);
    }
  },

  /** What was asked first is undone first. */
  UNDO_FORWARDS {
    @Override
    public <T> List<T> undo(List<T> latestFirst) {
      return reversed(latestFirst);
    }
  },

  /** An abort does not wait for the call that is inside. */
  LATE_ANSWERS_ARE_FORGOTTEN {
    @Override
    public CompletionStage<?> late(String node, CompletionStage<?> inside) {
      return done();
    }
  },

  /** A node goes on although a call is inside its driver. */
  LATE_NODES_GO_ON {
    @Override
    public Set<String> stayQuiesced(Set<String> late) {
      return Set.of();
    }
  },

  /** Nobody does what a dead actor should have done. */
  NOTHING_FOR_THE_DEAD {
    @Override
    public CompletionStage<Done> forTheDead(String node, Supplier<CompletionStage<Done>> self) {
      return done();
    }
  },

  /** The one who carries the decision out overrules it. */
  TWO_DECISIONS {
    @Override
    public Decision decision() {
      return new Decision() {
        @Override
        public Outcome commit() {
          return Outcome.COMMITTED;
        }
      };
    }
  };

  static CompletionStage<Done> done() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  static <T> List<T> reversed(List<T> list) {
    List<T> other = new ArrayList<>(list);
    Collections.reverse(other);
    return other;
  }
}
