package io.ashlar.engine.api;

import java.util.List;

/**
 * Counters of a device since it was attached.
 *
 * @param device its name
 * @param nodeName the node it is on
 * @param inFlight requests that are running now
 * @param latencies how many requests took less than 1 us, 2 us, 4 us and so on, the last entry all
 *     longer ones; empty unless {@code ashlar.latency-histograms} is on
 */
public record DeviceStatistics(
    String device, String nodeName, long inFlight, List<Long> latencies) {
  /** Copies the list. */
  public DeviceStatistics {
    latencies = List.copyOf(latencies);
  }
}
