package io.ashlar.engine.api;

import java.util.List;

/** Jobs. */
public interface Jobs {
  /** {@code blockdev-backup}: refused, or running when the reply comes. */
  Reply<Job> backup(BackupRequest request);

  /** All jobs, ended ones until they are dismissed or 1,000 newer ones ended. */
  List<Job> list();

  /**
   * A job by its id.
   *
   * @throws io.ashlar.spi.BlockException JOB_NOT_FOUND
   */
  Job get(String id);

  /**
   * {@code job-dismiss}: forgets a job that has ended.
   *
   * @throws io.ashlar.spi.BlockException JOB_NOT_FOUND; JOB_STATE while it runs
   */
  void dismiss(String id);
}
