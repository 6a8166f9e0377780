package io.ashlar.engine.graph;

import io.ashlar.engine.api.NodeStatistics;
import java.util.concurrent.atomic.LongAdder;

/** Counters of a node; adding does not lock and, after the first contention, does not allocate. */
final class NodeCounters {
  final LongAdder reads = new LongAdder();
  final LongAdder readBytes = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder writtenBytes = new LongAdder();
  final LongAdder zeroRequests = new LongAdder();
  final LongAdder discardRequests = new LongAdder();
  final LongAdder flushes = new LongAdder();
  final LongAdder failures = new LongAdder();

  /** Grows with every request that may have changed data, failed ones too. */
  long changes() {
    return writes.sum() + zeroRequests.sum() + discardRequests.sum() + failures.sum();
  }

  NodeStatistics snapshot(String node, NodeStatistics.Journal journal) {
    return new NodeStatistics(
        node,
        reads.sum(),
        readBytes.sum(),
        writes.sum(),
        writtenBytes.sum(),
        zeroRequests.sum(),
        discardRequests.sum(),
        flushes.sum(),
        failures.sum(),
        journal);
  }
}
