package io.ashlar.engine.job;

import io.ashlar.engine.api.Job;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitLock;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The jobs of an engine by name. Ended ones stay until they are dismissed or {@link #KEPT} newer
 * ones ended, so that an engine that runs for years keeps a bounded number.
 */
final class JobList {
  /** Most ended jobs that are kept when another one starts. */
  static final int KEPT = 1000;

  private final WaitLock lock;

  // Under the lock. In the order of starting.
  private final Map<String, JobCore> jobs = new LinkedHashMap<>();
  private boolean closed;

  /** No jobs yet. */
  JobList(Waits waits) {
    lock = waits.newLock();
  }

  /**
   * One more job.
   *
   * @throws BlockException JOB_EXISTS while one of its name has not ended; CLOSED
   */
  void add(JobCore job) {
    lock.lock();
    try {
      if (closed) {
        throw new BlockException(ErrorCode.CLOSED, "the engine is being closed");
      }
      JobCore present = jobs.get(job.id());
      if (present != null && present.status() != Job.Status.CONCLUDED) {
        throw new BlockException(
            ErrorCode.JOB_EXISTS,
            "a job named '" + job.id() + "' runs already; give another job-id or wait for it");
      }
      // A new place at the end for a name that is used again.
      jobs.remove(job.id());
      jobs.put(job.id(), job);
      dropOldest();
    } finally {
      lock.unlock();
    }
  }

  private void dropOldest() {
    long ended = jobs.values().stream().filter(job -> job.status() == Job.Status.CONCLUDED).count();
    Iterator<JobCore> oldest = jobs.values().iterator();
    while (ended > KEPT) {
      if (oldest.next().status() == Job.Status.CONCLUDED) {
        oldest.remove();
        ended--;
      }
    }
  }

  /** Takes a job out, if it is still the one of its name. */
  void forget(JobCore job) {
    lock.lock();
    try {
      jobs.remove(job.id(), job);
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.ashlar.engine.api.Jobs#list}. */
  List<Job> list() {
    lock.lock();
    try {
      return jobs.values().stream().filter(JobCore::listed).map(Job.class::cast).toList();
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.ashlar.engine.api.Jobs#get}. */
  Job get(String id) {
    return find(id, job -> true);
  }

  private JobCore find(String id, Predicate<JobCore> counts) {
    lock.lock();
    try {
      JobCore job = jobs.get(id);
      if (job == null || !counts.test(job)) {
        throw new BlockException(
            ErrorCode.JOB_NOT_FOUND,
            "no job is named '"
                + id
                + "'; the jobs are "
                + jobs.values().stream().filter(JobCore::listed).map(Job::id).toList());
      }
      return job;
    } finally {
      lock.unlock();
    }
  }

  /** See {@link io.ashlar.engine.api.Jobs#dismiss}. */
  void dismiss(String id) {
    JobCore job = find(id, JobCore::listed);
    if (job.status() != Job.Status.CONCLUDED) {
      throw new BlockException(
          ErrorCode.JOB_STATE,
          "job '" + id + "' has not ended; cancel it or wait for it before it is dismissed");
    }
    forget(job);
  }

  /** No job starts any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
