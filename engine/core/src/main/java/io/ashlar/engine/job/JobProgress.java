package io.ashlar.engine.job;

import io.ashlar.engine.api.Job.Progress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** How far a job is, and who wants to hear of it. Changed under the job's lock. */
final class JobProgress {
  private final List<ProgressListener> listeners = new CopyOnWriteArrayList<>();
  private volatile Progress last;

  /** Null once there is {@link #last}, so that an ended job holds nothing. */
  private volatile Supplier<Progress> measure;

  /**
   * The progress of a job.
   *
   * @param measure tells how far it is; asked until the end
   */
  JobProgress(Supplier<Progress> measure) {
    this.measure = measure;
  }

  /** How far it is; any thread. */
  Progress now() {
    Supplier<Progress> asked = measure; // before last: without it there is a last
    Progress known = last;
    return known == null ? asked.get() : known;
  }

  /** One more listener; one that comes after the end hears of it at once. */
  void add(ProgressListener added, Outbox outbox) {
    if (last == null) {
      listeners.add(added);
    } else {
      outbox.add(() -> added.tell(last));
    }
  }

  /** Tells those whose time has come; any thread, no lock. */
  void tellDue(long now, Outbox outbox) {
    for (ProgressListener listener : listeners) {
      if (listener.due(now)) {
        Progress progress = now();
        outbox.add(() -> listener.tell(progress));
      }
    }
  }

  /** It stays so. */
  void end(Progress end) {
    last = end;
    measure = null;
  }

  /** Tells everybody the end, for the last time. */
  void tellEnd(Outbox outbox) {
    listeners.forEach(listener -> outbox.add(() -> listener.tell(last)));
    listeners.clear();
  }
}
