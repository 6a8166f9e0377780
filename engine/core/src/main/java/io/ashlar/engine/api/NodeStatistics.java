package io.ashlar.engine.api;

/**
 * Counters of a node since it was opened.
 *
 * @param nodeName its name
 * @param reads requests
 * @param readBytes bytes
 * @param writes requests
 * @param writtenBytes bytes
 * @param zeroRequests requests
 * @param discardRequests requests
 * @param flushes requests
 * @param failures requests that failed
 * @param journal what it has cost so far that the node's bitmaps survive a crash
 */
public record NodeStatistics(
    String nodeName,
    long reads,
    long readBytes,
    long writes,
    long writtenBytes,
    long zeroRequests,
    long discardRequests,
    long flushes,
    long failures,
    Journal journal) {

  /**
   * The cost of bitmaps that survive a crash: before a write that goes to a region not written
   * lately, its guest waits until the journal has the region.
   *
   * @param waitedNanos time that writers waited, all of them together
   * @param waits how often one did
   * @param heatedRegions regions that somebody waited for
   * @param preheatedRegions regions that were told to the journal ahead of a writer
   * @param captures how often the exact bits were written into the journal
   * @param capturedBytes that those took
   */
  public record Journal(
      long waitedNanos,
      long waits,
      long heatedRegions,
      long preheatedRegions,
      long captures,
      long capturedBytes) {}
}
