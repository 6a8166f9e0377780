package io.ashlar.engine.job;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.Jobs;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** The jobs of an engine. */
@SuppressWarnings("UnusedVariable")
public final class JobRegistry implements Jobs {
  private final GraphControl control;
  private final Executor threads;
  private final Consumer<Event> events;
  private final ReplyMaker replies;
  private final Map<String, Job> jobs = Collections.synchronizedMap(new LinkedHashMap<>());

  /** No jobs yet. */
  public JobRegistry(
      GraphControl control, Executor threads, Consumer<Event> events, ReplyMaker replies) {
    this.control = control;
    this.threads = threads;
    this.events = events;
    this.replies = replies;
  }

  @Override
  public Reply<Job> backup(BackupRequest request) {
    return replies.reply(
        "blockdev-backup",
        () ->
            CompletableFuture.failedFuture(
                new BlockException(ErrorCode.NOT_SUPPORTED, "backup is being assembled")));
  }

  @Override
  public List<Job> list() {
    return new ArrayList<>(jobs.values());
  }

  @Override
  public Job get(String id) {
    Job job = jobs.get(id);
    if (job == null) {
      throw new BlockException(
          ErrorCode.JOB_NOT_FOUND, "no job is named '" + id + "'; the jobs are " + jobs.keySet());
    }
    return job;
  }

  /** Cancels what runs and waits for it. */
  public void cancelAll(Duration atMost) {
    for (Job job : list()) {
      if (job.status() != Job.Status.CONCLUDED) {
        job.cancel().await(atMost);
      }
    }
  }
}
