package io.ashlar.engine.job;

import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitThread;
import java.util.ArrayList;
import java.util.List;

/** The threads of one job that copy pieces until none is left or the job is to end. */
final class CopyCrew {
  /** Beside the job's own thread; more gain nothing where copies come from the page cache. */
  private static final int HELPERS = 1;

  /** What is copied, piece by piece. */
  interface Pieces {
    /** The offset of a piece, for the caller alone; -1 when there is none left. */
    long claim();

    /** What the piece at that offset counts for the speed limit, in bytes. */
    long size(long at);

    /** Copies it. The caller holds no ticket. */
    void copy(long at);
  }

  private CopyCrew() {}

  /** Copies everything; a failure is the job's, and ends the work of all. */
  static void run(JobCore core, Waits waits, Pieces pieces) {
    List<WaitThread> helpers = new ArrayList<>();
    try {
      for (int i = 0; i < HELPERS; i++) {
        String name = "ashlar-job-" + core.id() + "-" + (i + 1);
        helpers.add(waits.start(name, () -> copyAll(core, pieces)));
      }
      copyAll(core, pieces);
    } catch (RuntimeException e) {
      core.fail(Errors.asBlockException("job '" + core.id() + "'", e));
    }
    helpers.forEach(helper -> helper.join(Long.MAX_VALUE));
  }

  private static void copyAll(JobCore core, Pieces pieces) {
    try {
      long at = pieces.claim();
      while (at >= 0 && core.enter(pieces.size(at))) {
        try {
          pieces.copy(at);
        } finally {
          core.leave();
        }
        at = pieces.claim();
      }
    } catch (RuntimeException e) {
      core.fail(Errors.asBlockException("job '" + core.id() + "'", e));
    }
  }
}
