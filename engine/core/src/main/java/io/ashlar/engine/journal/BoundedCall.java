package io.ashlar.engine.journal;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call into the storage of a journal, which may hang or fail in any way: made on a thread of its
 * own, so that whoever waits for it can give it up, and so that no other journal waits behind it.
 * What comes after that is undone.
 *
 * @param <T> what it answers
 */
final class BoundedCall<T> {
  private static final Logger LOG = LoggerFactory.getLogger(BoundedCall.class);

  private final Answer<T> answer;
  private final Answer<Boolean> over;

  private BoundedCall(JournalServices services) {
    answer = new Answer<>(services.waits());
    over = new Answer<>(services.waits());
  }

  /**
   * Begins a call.
   *
   * @param what it does to a journal, one word: opening
   * @param undo gets an answer that nobody waits for any more
   */
  static <T> BoundedCall<T> begin(
      JournalServices services, String what, Supplier<T> body, Consumer<T> undo) {
    BoundedCall<T> call = new BoundedCall<>(services);
    services.waits().start("ashlar-journal-" + what, () -> call.run(what, body, undo));
    return call;
  }

  /** A call without an answer, and nothing to be undone. */
  static BoundedCall<Boolean> begin(JournalServices services, String what, Runnable body) {
    return begin(
        services,
        what,
        () -> {
          body.run();
          return true;
        },
        nothing -> {});
  }

  private void run(String what, Supplier<T> body, Consumer<T> undo) {
    boolean told = false;
    try {
      T value = body.get();
      told = true;
      if (!answer.give(value)) {
        undo.accept(value);
      }
    } catch (RuntimeException | LinkageError | AssertionError e) {
      told = true;
      if (!answer.fail(asKnown(what, e))) {
        LOG.warn("After {} its journal was given up: {}", what, e.toString());
      }
    } finally {
      if (!told) {
        answer.fail(
            new BlockException(ErrorCode.INTERNAL, what + " its journal ended by an error"));
      }
      over.give(true);
    }
  }

  /** A failure of storage that keeps to no contract, as one that everybody can deal with. */
  static BlockException asKnown(String what, Throwable thrown) {
    return thrown instanceof BlockException known
        ? known
        : new BlockException(
            ErrorCode.INTERNAL, what + " its journal met a defect: " + thrown, thrown);
  }

  /**
   * Waits for the answer and then gives it up.
   *
   * @throws BlockException what the call threw; TIMED_OUT
   */
  T await(long nanos) {
    try {
      return answer.await(nanos);
    } catch (BlockException e) {
      answer.fail(e); // unless it came at this moment
      return answer.await(0);
    }
  }

  /**
   * Waits until the call has returned, and what came of it too late is undone.
   *
   * @throws BlockException TIMED_OUT
   */
  void awaitOver(long nanos) {
    over.await(nanos);
  }
}
