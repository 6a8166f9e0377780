package io.ashlar.engine.api;

import java.util.List;

/** Jobs. */
public interface Jobs {
  /** {@code blockdev-backup}: refused, or running when the reply comes. */
  Reply<Job> backup(BackupRequest request);

  /**
   * {@code block-commit} of an idle top: the data of the nodes above a base goes into the base,
   * which then takes the top's place for all its users. Refused, or running when the reply comes.
   *
   * <p>Until the job has ended nobody may write to the top: a start beside an attached writer fails
   * with PERMISSION_CONFLICT, and so does attaching one meanwhile. Readers stay attached and see
   * the same content all the time. The base becomes writable and its bitmaps record what the job
   * writes; it is grown to the length of the top if it is shorter, and stays longer if it is
   * longer. A failed or cancelled job leaves the chain, and what it shows, as it was. After a
   * success the nodes above the base stay in the graph, unused, until they are removed.
   */
  Reply<Job> commit(CommitRequest request);

  /**
   * All jobs, ended ones until they are dismissed or 1,000 newer ones ended. Those that dismiss
   * themselves leave the list when they have ended.
   */
  List<Job> list();

  /**
   * A job by its id. One that has dismissed itself is still found, so that whoever started it can
   * ask for its result, until its name is used again or 1,000 newer ones ended.
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
