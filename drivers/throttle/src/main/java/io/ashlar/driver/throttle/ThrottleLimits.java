package io.ashlar.driver.throttle;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * All limits of a group; QEMU's {@code ThrottleLimits}, written inline as {@code limits.bps-total}
 * and so on because there is no {@code object-add}. Unlike QEMU's, a total and a limit of one
 * direction may stand together: a request waits for both.
 *
 * @param limits one entry of each kind
 * @param iopsSize bytes from which on a request counts as several operations; 0 for never
 */
record ThrottleLimits(Map<Kind, Limit> limits, long iopsSize) {
  private static final String PREFIX = "limits.";
  private static final long MOST = 1_000_000_000_000_000L;
  private static final String IOPS_SIZE = PREFIX + "iops-size";

  /** What is limited. */
  enum Kind {
    /** Bytes a second, reads and writes together. */
    BPS_TOTAL("bps-total", true, true, true),
    /** Bytes a second of reads. */
    BPS_READ("bps-read", true, true, false),
    /** Bytes a second of writes. */
    BPS_WRITE("bps-write", true, false, true),
    /** Requests a second, reads and writes together. */
    IOPS_TOTAL("iops-total", false, true, true),
    /** Read requests a second. */
    IOPS_READ("iops-read", false, true, false),
    /** Write requests a second. */
    IOPS_WRITE("iops-write", false, false, true);

    private final String word;
    private final boolean bytes;
    private final boolean reads;
    private final boolean writes;

    Kind(String word, boolean bytes, boolean reads, boolean writes) {
      this.word = word;
      this.bytes = bytes;
      this.reads = reads;
      this.writes = writes;
    }

    /** Whether bytes count, not requests. */
    boolean countsBytes() {
      return bytes;
    }

    boolean covers(Direction direction) {
      return switch (direction) {
        case READ -> reads;
        case WRITE -> writes;
      };
    }

    private String average() {
      return PREFIX + word;
    }

    private String burst() {
      return average() + "-max";
    }

    private String burstSeconds() {
      return average() + "-max-length";
    }
  }

  /** Nothing is limited. */
  static final ThrottleLimits NONE = new ThrottleLimits(Map.of(), 0);

  ThrottleLimits {
    EnumMap<Kind, Limit> all = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      all.put(kind, limits.getOrDefault(kind, Limit.NONE));
    }
    limits = Map.copyOf(all);
  }

  /** The options of the schema. */
  static OptionSpec[] specs() {
    List<OptionSpec> specs = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      String unit = kind.countsBytes() ? "bytes a second" : "requests a second";
      specs.add(amount(kind, kind.average(), "limit in " + unit + "; 0 for none"));
      specs.add(amount(kind, kind.burst(), "burst in " + unit + ", at least the limit"));
      specs.add(
          OptionSpec.integer(kind.burstSeconds(), "longest burst in seconds, default 1")
              .between(1, MOST)
              .reopenable());
    }
    specs.add(
        OptionSpec.size(IOPS_SIZE, "a larger request counts as several operations; 0 for never")
            .between(0, MOST)
            .reopenable());
    return specs.toArray(OptionSpec[]::new);
  }

  private static OptionSpec amount(Kind kind, String name, String doc) {
    OptionSpec spec =
        kind.countsBytes() ? OptionSpec.size(name, doc) : OptionSpec.integer(name, doc);
    return spec.between(0, MOST).reopenable();
  }

  /**
   * What the options say.
   *
   * @return nothing when no limit is mentioned
   * @throws BlockException INVALID_OPTION for limits that contradict each other
   */
  static Optional<ThrottleLimits> parse(Options options) {
    boolean said = false;
    EnumMap<Kind, Limit> limits = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      said |=
          options.has(kind.average())
              || options.has(kind.burst())
              || options.has(kind.burstSeconds());
      limits.put(kind, limit(options, kind));
    }
    said |= options.has(IOPS_SIZE);
    long iopsSize = options.optionalNumber(IOPS_SIZE).orElse(0);
    if (iopsSize > 0
        && limits.entrySet().stream()
            .noneMatch(e -> !e.getKey().countsBytes() && e.getValue().limits())) {
      throw refused("'" + IOPS_SIZE + "' needs a limit of operations, such as limits.iops-total");
    }
    return said ? Optional.of(new ThrottleLimits(limits, iopsSize)) : Optional.empty();
  }

  private static Limit limit(Options options, Kind kind) {
    long average = options.optionalNumber(kind.average()).orElse(0);
    long burst = options.optionalNumber(kind.burst()).orElse(0);
    OptionalLong seconds = options.optionalNumber(kind.burstSeconds());
    if (burst > 0 && average == 0) {
      throw refused("'" + kind.burst() + "' needs '" + kind.average() + "'");
    }
    if (burst > 0 && burst < average) {
      throw refused("'" + kind.burst() + "' is lower than '" + kind.average() + "'");
    }
    if (seconds.isPresent() && burst == 0) {
      throw refused("'" + kind.burstSeconds() + "' needs '" + kind.burst() + "'");
    }
    if (seconds.isPresent() && burst > MOST / seconds.getAsLong()) {
      throw refused("'" + kind.burstSeconds() + "' makes a burst of more than " + MOST + " units");
    }
    return average == 0 ? Limit.NONE : new Limit(average, burst, seconds.orElse(1));
  }

  private static BlockException refused(String sentence) {
    return new BlockException(ErrorCode.INVALID_OPTION, sentence);
  }

  /** Whether anything is limited. */
  boolean any() {
    return limits.values().stream().anyMatch(Limit::limits);
  }

  /** How much a request counts against limits of a kind. */
  double units(Kind kind, long bytes) {
    if (kind.countsBytes()) {
      return bytes;
    }
    return iopsSize > 0 && bytes > iopsSize ? (double) bytes / iopsSize : 1;
  }

  /** The limits that are set, by QEMU's names. */
  Map<String, Object> details() {
    Map<String, Object> shown = new LinkedHashMap<>();
    for (Kind kind : Kind.values()) {
      Limit limit = limits.get(kind);
      if (limit.limits()) {
        shown.put(kind.average(), limit.average());
        if (limit.burst() > 0) {
          shown.put(kind.burst(), limit.burst());
          shown.put(kind.burstSeconds(), limit.burstSeconds());
        }
      }
    }
    if (iopsSize > 0) {
      shown.put(IOPS_SIZE, iopsSize);
    }
    return shown;
  }
}
