package io.ashlar.engine.graph;

import akka.Done;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * The rules of a change that its guarantees hang on, one method each. The engine knows the sound
 * form alone, which is the default; a test replaces a rule by a broken one to see that it notices.
 */
public interface ChangeRules {
  /** The rules as they are. */
  ChangeRules SOUND = new ChangeRules() {};

  /** What all who take part look at; one decision, taken once. */
  default Decision decision() {
    return new Decision();
  }

  /**
   * Nothing of a node changes before every request that could come to it has left, and none comes
   * in until the decision was carried out.
   *
   * @param begin closes the gates and waits
   * @param end opens them
   */
  default void quiesce(Runnable begin, Runnable end) {
    begin.run();
  }

  /**
   * The order of the pass down: parents first, for what a parent stores goes through children that
   * have not stored yet and would be made untrue again.
   */
  default List<String> down(List<String> parentsFirst) {
    return parentsFirst;
  }

  /**
   * The order of the pass up: children first, for a parent prepares through their staged access.
   */
  default List<String> up(List<String> childrenFirst) {
    return childrenFirst;
  }

  /** The order of undoing: the reverse of asking. */
  default <T> List<T> undo(List<T> latestFirst) {
    return latestFirst;
  }

  /** A node that becomes writable marks its bitmaps IN_USE in prepare, where it can be refused. */
  default CompletionStage<Done> arm(String node, Supplier<CompletionStage<Done>> arming) {
    return arming.get();
  }

  /** What a node does once the decision was to commit. */
  default CompletionStage<Done> commit(String node, Supplier<CompletionStage<Done>> committing) {
    return committing.get();
  }

  /** An abort waits for the call that is inside, so that what answers late is undone. */
  default CompletionStage<?> late(String node, CompletionStage<?> inside) {
    return inside;
  }

  /** What a dead actor should have done is done for it. */
  default CompletionStage<Done> forTheDead(String node, Supplier<CompletionStage<Done>> self) {
    return self.get();
  }

  /** These nodes stay quiesced until the call that is inside has returned. */
  default Set<String> stayQuiesced(Set<String> late) {
    return late;
  }
}
