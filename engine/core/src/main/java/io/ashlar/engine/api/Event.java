package io.ashlar.engine.api;

import io.ashlar.spi.NodeEvent;

/**
 * Something that happened in an engine. Each subscriber has a bounded queue; what does not fit is
 * counted.
 */
public sealed interface Event {
  /** A node spoke. */
  record FromNode(String nodeName, NodeEvent event) implements Event {}

  /** A node was added. */
  record NodeAdded(String nodeName) implements Event {}

  /** A node was closed. */
  record NodeRemoved(String nodeName) implements Event {}

  /** A reopen ended. */
  record Reopened(ReopenResult result) implements Event {}

  /** QMP's {@code JOB_STATUS_CHANGE}. */
  record JobStatusChanged(String jobId, Job.Status status) implements Event {}

  /** QMP's {@code BLOCK_JOB_COMPLETED}; {@code error} is {@code null} for success. */
  record JobEnded(String jobId, Job.Progress progress, String error) implements Event {}

  /** A bitmap could not be kept. */
  record BitmapLost(String nodeName, String bitmap, String reason) implements Event {}

  /**
   * A bitmap that a crash had left IN_USE was rebuilt from the journal and records again.
   *
   * @param dirtyBytes set bits times granularity
   * @param recovery what is in it beyond what was written
   */
  record BitmapRecovered(
      String nodeName, String bitmap, long dirtyBytes, BitmapInfo.Recovery recovery)
      implements Event {}

  /**
   * An image was opened with a bitmap that cannot be used; it can only be removed, and the next
   * backup of this disk is a full one.
   *
   * @param reason one sentence
   */
  record BitmapInconsistent(String nodeName, String bitmap, String reason) implements Event {}

  /** The subscriber was too slow. */
  record Missed(long count) implements Event {}
}
