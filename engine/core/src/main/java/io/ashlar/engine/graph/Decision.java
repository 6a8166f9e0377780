package io.ashlar.engine.graph;

import java.util.concurrent.atomic.AtomicReference;

/** The one decision of a transaction, taken by a single compare-and-set; nobody undoes it. */
public class Decision {
  /** What was decided. */
  public enum Outcome {
    UNDECIDED,
    COMMITTED,
    ABORTED
  }

  private final AtomicReference<Outcome> outcome = new AtomicReference<>(Outcome.UNDECIDED);

  /** Nothing is decided. */
  public Decision() {}

  /** Decides to commit unless it was decided otherwise; returns what holds. */
  public Outcome commit() {
    return decide(Outcome.COMMITTED);
  }

  /** Decides to abort unless it was decided otherwise; returns what holds. */
  public Outcome abort() {
    return decide(Outcome.ABORTED);
  }

  /** What holds now. */
  public Outcome outcome() {
    return outcome.get();
  }

  private Outcome decide(Outcome wanted) {
    outcome.compareAndSet(Outcome.UNDECIDED, wanted);
    return outcome.get();
  }
}
