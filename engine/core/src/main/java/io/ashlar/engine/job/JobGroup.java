package io.ashlar.engine.job;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitLock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The jobs of a grouped transaction: all of them succeed, or the first one that fails or is
 * cancelled takes the others with it. A job whose work is done waits for the others before it gives
 * its bitmap up.
 */
public final class JobGroup {
  private enum Outcome {
    OPEN,
    SUCCEEDED,
    FAILED
  }

  private final WaitLock lock;

  // Under the lock.
  private final List<JobCore> members = new ArrayList<>();
  private final Set<JobCore> arrived = new HashSet<>();

  private volatile Outcome outcome = Outcome.OPEN;

  /** No jobs yet. */
  public JobGroup(Waits waits) {
    lock = waits.newLock();
  }

  /** One more job; before any of them runs. */
  void join(JobCore job) {
    lock.lock();
    try {
      members.add(job);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The work of a job is done and its target durable: waits for the others, on the job's thread.
   * Returns when all have arrived and none has failed, or when the job has an error, its own or
   * that of the group.
   */
  void arrive(JobCore job) {
    boolean last;
    lock.lock();
    try {
      arrived.add(job);
      last = arrived.size() == members.size();
    } finally {
      lock.unlock();
    }
    if (last) {
      decide();
    }
    // Not merely decided: a group that failed is about to give this job its error, and until then
    // the job would look as if it had ended well.
    job.await(() -> outcome == Outcome.SUCCEEDED);
  }

  /** All have arrived: from here on none of them can be cancelled, or one just was. */
  private void decide() {
    for (JobCore member : members()) {
      if (!member.endingUnlessFailed()) {
        fail(member, member.error().orElseThrow());
        return;
      }
    }
    lock.lock();
    try {
      if (outcome == Outcome.OPEN) {
        outcome = Outcome.SUCCEEDED;
      }
    } finally {
      lock.unlock();
    }
    members().forEach(JobCore::wake);
  }

  /** A job failed or was cancelled, or never started: the others are cancelled. */
  void fail(JobCore job, BlockException error) {
    lock.lock();
    try {
      if (outcome != Outcome.OPEN) {
        return;
      }
      outcome = Outcome.FAILED;
    } finally {
      lock.unlock();
    }
    for (JobCore member : members()) {
      if (member != job) {
        member.fail(
            new BlockException(
                ErrorCode.CANCELLED,
                "job '"
                    + member.id()
                    + "' was cancelled, for job '"
                    + job.id()
                    + "' of the same transaction ended with: "
                    + error.getMessage(),
                error));
      }
    }
  }

  private List<JobCore> members() {
    lock.lock();
    try {
      return List.copyOf(members);
    } finally {
      lock.unlock();
    }
  }
}
