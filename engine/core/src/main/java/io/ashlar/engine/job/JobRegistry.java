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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Starts the jobs of an engine and ends them with it. */
public final class JobRegistry implements Jobs {
  private final GraphControl control;
  private final OptionChecker checker;
  private final Executor threads;
  private final ReplyMaker replies;
  private final JobCore.Setting setting;
  private final JobList jobs;
  private final AtomicLong numbers = new AtomicLong();

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
    this.jobs = new JobList(control.services().waits());
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
    jobs.add(core);
    return start
        .get()
        .handle(
            (started, error) -> {
              if (error == null) {
                return started;
              }
              BlockException refusal = Errors.asBlockException(what, error);
              jobs.forget(core);
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
    jobs.add(job.core());
    return new BackupAction(job, () -> jobs.forget(job.core()));
  }

  /** The filter's definition, checked like anybody's, under a name that no user can give. */
  private CheckedNode filter(BackupRequest request) {
    CheckedNode checked =
        checker.checkNode(
            NodeDefinition.of(BackupGraph.DRIVER, "backup")
                .with(BackupGraph.FILE, (Object) request.source())
                .with(BackupGraph.TARGET, (Object) request.target())
                .with("discard", (Object) "unmap")
                .with("cbw-timeout", (Object) request.cbwTimeout())
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

  @Override
  public List<Job> list() {
    return jobs.list();
  }

  @Override
  public Job get(String id) {
    return jobs.get(id);
  }

  @Override
  public void dismiss(String id) {
    jobs.dismiss(id);
  }

  /**
   * Cancels what runs and waits for it; no job starts any more.
   *
   * @param atMost for all of them together
   * @throws BlockException the first failure, after all were waited for; TIMED_OUT
   */
  public void cancelAll(Duration atMost) {
    jobs.close();
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
