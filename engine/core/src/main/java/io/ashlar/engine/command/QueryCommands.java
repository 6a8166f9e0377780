package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.DeviceStatistics;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.NodeStatistics;
import io.ashlar.spi.OptionSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** QMP's {@code query-*}. */
final class QueryCommands {
  /** The first boundary of histograms, in nanoseconds; each further one is twice as long. */
  private static final long NANOS_PER_MICRO = 1000;

  static final List<Command> ALL =
      List.of(
          new Command(
              CommandSpec.of(
                  "query-named-block-nodes",
                  "all nodes with their options, children and bitmaps",
                  OptionSpec.bool("flat", true, "QMP's; backing nodes are listed by themselves")),
              (engine, a) ->
                  engine.graph().nodes().await().stream().map(QueryCommands::node).toList()),
          new Command(
              CommandSpec.of("query-jobs", "all jobs"),
              (engine, a) -> engine.jobs().list().stream().map(QueryCommands::job).toList()),
          new Command(
              CommandSpec.of("query-block-jobs", "all jobs that have not ended"),
              (engine, a) ->
                  engine.jobs().list().stream()
                      .filter(job -> job.status() != Job.Status.CONCLUDED)
                      .map(QueryCommands::blockJob)
                      .toList()),
          new Command(
              CommandSpec.of(
                  "query-blockstats",
                  "counters of nodes and devices",
                  OptionSpec.bool(
                      "query-nodes", true, "nodes, then devices; false for devices alone")),
              QueryCommands::statistics),
          new Command(
              CommandSpec.of("query-commands", "the names of all commands"),
              (engine, a) ->
                  CommandSet.specs().stream().map(spec -> Map.of("name", spec.name())).toList()));

  private QueryCommands() {}

  private static Map<String, Object> node(NodeInfo info) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("node-name", info.nodeName());
    node.put("drv", info.driver());
    node.put("ro", info.options().readOnly());
    node.put("active", info.active());
    node.put("detect_zeroes", word(info.options().detectZeroes()));
    node.put("discard", info.options().discardUnmap() ? "unmap" : "ignore");
    Map<String, Object> cache = new LinkedHashMap<>();
    cache.put("writeback", info.options().cache().writeback());
    cache.put("direct", info.options().cache().direct());
    cache.put("no-flush", info.options().cache().noFlush());
    node.put("cache", cache);
    Map<String, Object> image = new LinkedHashMap<>();
    image.put("format", info.driver());
    image.put("virtual-size", info.length());
    image.putAll(info.details());
    node.put("image", image);
    List<Object> children = new ArrayList<>();
    info.children()
        .forEach(
            (role, name) -> {
              Map<String, Object> child = new LinkedHashMap<>();
              child.put("child", role);
              child.put("node-name", name);
              children.add(child);
            });
    node.put("children", children);
    node.put("parents", info.parents());
    node.put("dirty-bitmaps", info.bitmaps().stream().map(QueryCommands::bitmap).toList());
    node.put("arguments", info.arguments());
    return node;
  }

  /** QMP's {@code BlockDirtyInfo}, and {@code in-use} and what follows it of our own. */
  static Map<String, Object> bitmap(BitmapInfo info) {
    Map<String, Object> bitmap = new LinkedHashMap<>();
    bitmap.put("name", info.name());
    bitmap.put("count", info.dirtyBytes());
    bitmap.put("granularity", info.granularity());
    bitmap.put("recording", info.recording());
    bitmap.put("busy", info.busy());
    bitmap.put("persistent", info.persistent());
    bitmap.put("inconsistent", info.inconsistent());
    bitmap.put("in-use", info.armed());
    bitmap.put("recovered", info.recovery() != null);
    if (info.recovery() != null) {
      bitmap.put("over-approximated", info.recovery().overApproximatedBytes());
    }
    if (info.reason() != null) {
      bitmap.put("reason", info.reason());
    }
    return bitmap;
  }

  private static Map<String, Object> job(Job job) {
    Job.Progress progress = job.progress();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", job.id());
    map.put("type", job.type());
    map.put("status", word(job.status()));
    map.put("current-progress", progress.current());
    map.put("total-progress", progress.total());
    return map;
  }

  private static Map<String, Object> blockJob(Job job) {
    Job.Progress progress = job.progress();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("device", job.id());
    map.put("type", job.type());
    map.put("status", word(job.status()));
    map.put("offset", progress.current());
    map.put("len", progress.total());
    map.put("paused", job.status() == Job.Status.PAUSED);
    return map;
  }

  /** Nodes first, so that a search by node-name finds the node. */
  private static Object statistics(Ashlar engine, Arguments a) {
    List<Object> all = new ArrayList<>();
    if (a.values().bool("query-nodes")) {
      engine.graph().statistics().await().forEach(s -> all.add(statistics(s)));
    }
    engine.graph().deviceStatistics().await().forEach(s -> all.add(statistics(s)));
    return all;
  }

  private static Map<String, Object> statistics(NodeStatistics s) {
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("rd_operations", s.reads());
    stats.put("rd_bytes", s.readBytes());
    stats.put("wr_operations", s.writes());
    stats.put("wr_bytes", s.writtenBytes());
    stats.put("zero_operations", s.zeroRequests());
    stats.put("unmap_operations", s.discardRequests());
    stats.put("flush_operations", s.flushes());
    stats.put("failed_operations", s.failures());
    stats.put("journal", journal(s.journal()));
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("node-name", s.nodeName());
    one.put("stats", stats);
    return one;
  }

  private static Map<String, Object> journal(NodeStatistics.Journal journal) {
    Map<String, Object> costs = new LinkedHashMap<>();
    costs.put("wait_total_time_ns", journal.waitedNanos());
    costs.put("wait_operations", journal.waits());
    costs.put("heated_regions", journal.heatedRegions());
    costs.put("preheated_regions", journal.preheatedRegions());
    costs.put("captures", journal.captures());
    costs.put("captured_bytes", journal.capturedBytes());
    return costs;
  }

  private static Map<String, Object> statistics(DeviceStatistics s) {
    Map<String, Object> stats = new LinkedHashMap<>();
    stats.put("in_flight", s.inFlight());
    if (!s.latencies().isEmpty()) {
      Map<String, Object> histogram = new LinkedHashMap<>();
      List<Long> boundaries = new ArrayList<>();
      for (int i = 0; i < s.latencies().size() - 1; i++) {
        boundaries.add(NANOS_PER_MICRO << i);
      }
      histogram.put("boundaries", boundaries);
      histogram.put("bins", s.latencies());
      stats.put("latency_histogram", histogram);
    }
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("device", s.device());
    one.put("node-name", s.nodeName());
    one.put("stats", stats);
    return one;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
