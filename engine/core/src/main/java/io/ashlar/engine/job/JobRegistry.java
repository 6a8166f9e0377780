package io.ashlar.engine.job;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Jobs;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits.WaitLock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The jobs of an engine. Ended ones stay until they are dismissed or 1,000 newer ones ended. */
public final class JobRegistry implements Jobs {
  private static final int KEPT = 1000;

  private final GraphControl control;
  private final OptionChecker checker;
  private final Executor threads;
  private final ReplyMaker replies;
  private final JobCore.Setting setting;
  private final WaitLock lock;
  private final AtomicLong numbers = new AtomicLong();

  // Under the lock. Both in the order of starting.
  private final Map<String, Job> jobs = new LinkedHashMap<>();
  private boolean closed;

  /**
   * No jobs yet.
   *
   * @param checker knows the drivers
   * @param threads runs jobs; refuses with LIMIT_EXCEEDED when there are too many
   */
  public JobRegistry(
      GraphControl control,
      OptionChecker checker,
      Executor threads,
      Consumer<Event> events,
      ReplyMaker replies) {
    this.control = control;
    this.checker = checker;
    this.threads = threads;
    this.replies = replies;
    this.lock = control.services().waits().newLock();
    this.setting =
        new JobCore.Setting(
            control.services().waits(), control.services().clock(), events, replies);
  }

  @Override
  public Reply<Job> backup(BackupRequest request) {
    return replies.reply("blockdev-backup", () -> startBackup(request));
  }

  private CompletionStage<Job> startBackup(BackupRequest asked) {
    BackupRequest request = BackupCheck.complete(asked);
    BackupJob job = new BackupJob(control, threads, request, filter(request), setting, null);
    return started("blockdev-backup", job.core(), job::start);
  }

  @Override
  public Reply<Job> commit(CommitRequest request) {
    return replies.reply("block-commit", () -> startCommit(request));
  }

  private CompletionStage<Job> startCommit(CommitRequest asked) {
    CommitRequest request = CommitCheck.complete(asked);
    String device = "#commit" + numbers.incrementAndGet();
    CommitJob job = new CommitJob(control, threads, request, device, setting);
    return started("block-commit", job.core(), job::start);
  }

  /** A job is listed before it starts, so that its name is taken; one that is refused never was. */
  private CompletionStage<Job> started(
      String what, JobCore core, Supplier<CompletionStage<Job>> start) {
    add(core);
    return start
        .get()
        .handle(
            (started, error) -> {
              if (error == null) {
                return started;
              }
              BlockException refusal = Errors.asBlockException(what, error);
              forget(core);
              core.refuse(refusal);
              throw refusal;
            });
  }

  /**
   * A backup as an action of a transaction. Its name is taken from now on, until it ends or is
   * refused.
   *
   * @param group the jobs that it ends together with, or {@code null}
   */
  public JobAction backupAction(BackupRequest asked, JobGroup group) {
    BackupRequest request = BackupCheck.complete(asked);
    BackupJob job = new BackupJob(control, threads, request, filter(request), setting, group);
    add(job.core());
    return new BackupAction(job, () -> forget(job.core()));
  }

  /** The filter's definition, checked like anybody's, under a name that no user can give. */
  private CheckedNode filter(BackupRequest request) {
    CheckedNode checked =
        checker.checkNode(
            NodeDefinition.of(BackupGraph.DRIVER, "backup")
                .with(BackupGraph.FILE, (Object) request.source())
                .with(BackupGraph.TARGET, (Object) request.target())
                .with("discard", (Object) "unmap")
                .with(
                    "on-cbw-error",
                    (Object) (request.failGuestWrites() ? "break-guest-write" : "break-snapshot")),
            () -> 0);
    return new CheckedNode(
        "#backup" + numbers.incrementAndGet(),
        checked.driver(),
        checked.nodeOptions(),
        checked.options(),
        checked.children(),
        checked.stated());
  }

  private void add(Job job) {
    lock.lock();
    try {
      if (closed) {
        throw new BlockException(ErrorCode.CLOSED, "the engine is being closed");
      }
      Job present = jobs.get(job.id());
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
    Iterator<Job> oldest = jobs.values().iterator();
    while (ended > KEPT) {
      if (oldest.next().status() == Job.Status.CONCLUDED) {
        oldest.remove();
        ended--;
      }
    }
  }

  private void forget(Job job) {
    lock.lock();
    try {
      jobs.remove(job.id(), job);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<Job> list() {
    lock.lock();
    try {
      return new ArrayList<>(jobs.values());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Job get(String id) {
    lock.lock();
    try {
      Job job = jobs.get(id);
      if (job == null) {
        throw new BlockException(
            ErrorCode.JOB_NOT_FOUND, "no job is named '" + id + "'; the jobs are " + jobs.keySet());
      }
      return job;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void dismiss(String id) {
    Job job = get(id);
    if (job.status() != Job.Status.CONCLUDED) {
      throw new BlockException(
          ErrorCode.JOB_STATE,
          "job '" + id + "' has not ended; cancel it or wait for it before it is dismissed");
    }
    forget(job);
  }

  /**
   * Cancels what runs and waits for it; no job starts any more.
   *
   * @param atMost for all of them together
   * @throws BlockException the first failure, after all were waited for; TIMED_OUT
   */
  public void cancelAll(Duration atMost) {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    Clock clock = control.services().clock();
    long end = clock.nanoTime() + atMost.toNanos();
    List<Reply<Void>> cancels = new ArrayList<>();
    for (Job job : list()) {
      if (job.status() != Job.Status.CONCLUDED) {
        cancels.add(job.cancel());
      }
    }
    BlockException failure = null;
    for (Reply<Void> cancel : cancels) {
      try {
        cancel.await(Duration.ofNanos(Math.max(1, end - clock.nanoTime())));
      } catch (BlockException e) {
        // JOB_STATE: it ended by itself in the meantime.
        if (e.code() != ErrorCode.JOB_STATE) {
          failure = failure == null ? e : Errors.with(failure, e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
