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
    long failures) {}
