/**
 * Jobs: work that runs in the background over the graph, with progress, speed limit, pause and
 * cancel.
 *
 * <p>{@link io.ashlar.engine.job.JobRegistry} is what embedders call. A job's state is a {@code
 * JobCore}, whatever the job does; {@code BackupJob} is the one kind there is so far.
 */
package io.ashlar.engine.job;
