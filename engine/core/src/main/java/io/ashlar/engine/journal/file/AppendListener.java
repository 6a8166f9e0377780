package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;

/**
 * Hears the end of an append that nobody waits for: {@link #durable} or {@link #failed}, once, on
 * the journal's executor.
 */
public interface AppendListener {
  /**
   * The records are durable, and nobody who waits for others of the same flush goes on before this
   * returns. Comes before {@link #durable}, on the thread that flushed, which is the journal's only
   * one for that: it must be short, wait for nothing and not fail.
   *
   * @param lastLsn as in {@link #durable}
   */
  default void atOnce(long lastLsn) {}

  /**
   * The records are durable.
   *
   * @param lastLsn the number of the last of them; of the last one before, if there were none
   */
  void durable(long lastLsn);

  /**
   * They are not, or it is not known whether they are.
   *
   * @param failure NO_SPACE when nothing was written and the journal goes on; otherwise the journal
   *     has failed for good and the outcome is unknown until it is opened again
   */
  void failed(BlockException failure);
}
