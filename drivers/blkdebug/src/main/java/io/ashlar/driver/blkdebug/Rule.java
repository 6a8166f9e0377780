package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When something is to happen: requests of a kind that touch a range, after some were let through,
 * once or for ever. Each matching request is counted exactly once, so that a rule fires at the same
 * request in every run that sends the same requests.
 */
final class Rule {
  private static final String IOTYPE = "iotype";
  private static final String SECTOR = "sector";
  private static final String OFFSET = "offset";
  private static final String LENGTH = "length";
  private static final String SKIP = "skip";
  private static final String ONCE = "once";
  private static final int SECTOR_SIZE = 512;

  private final Optional<IoType> type;
  private final long start;
  private final long end;
  private final boolean ranged;
  private final long skip;
  private final boolean once;
  private final AtomicLong matches = new AtomicLong();

  private Rule(Optional<IoType> type, Range range, long skip, boolean once) {
    this.type = type;
    this.start = range.start;
    this.end = range.end;
    this.ranged = range.given;
    this.skip = skip;
    this.once = once;
  }

  private record Range(long start, long end, boolean given) {}

  /** The options that say when, and those of one's own that say what. */
  static OptionSpec[] specs(OptionSpec what) {
    return new OptionSpec[] {
      OptionSpec.words(IOTYPE, null, "kind of request; any when left out", IoType.words()),
      OptionSpec.integer(SECTOR, "only requests that touch this sector of 512 bytes")
          .between(0, Long.MAX_VALUE / SECTOR_SIZE - 1),
      OptionSpec.size(OFFSET, "only requests that touch bytes from here on"),
      OptionSpec.size(LENGTH, "how many bytes from offset on; to the end when left out")
          .between(1, Long.MAX_VALUE),
      OptionSpec.integer(SKIP, "matching requests that pass before it fires").withDefault(0L),
      OptionSpec.bool(ONCE, false, "fires one time only"),
      what
    };
  }

  /**
   * The rule that checked options describe.
   *
   * @throws BlockException INVALID_OPTION for options that contradict each other
   */
  static Rule of(Options options) {
    Optional<IoType> type = options.optionalString(IOTYPE).map(IoType::of);
    Range range = range(options);
    if (range.given && type.isPresent() && !type.get().hasRange()) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "a rule for '" + type.get().word() + "' cannot have a sector or offset");
    }
    return new Rule(type, range, options.optionalNumber(SKIP).orElse(0), options.bool(ONCE));
  }

  private static Range range(Options options) {
    OptionalLong sector = options.optionalNumber(SECTOR);
    OptionalLong offset = options.optionalNumber(OFFSET);
    OptionalLong length = options.optionalNumber(LENGTH);
    if (sector.isPresent() && (offset.isPresent() || length.isPresent())) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION, "a rule has either a sector or an offset and length, not both");
    }
    if (sector.isPresent()) {
      long start = sector.getAsLong() * SECTOR_SIZE;
      return new Range(start, start + SECTOR_SIZE, true);
    }
    long start = offset.orElse(0);
    long most = Long.MAX_VALUE - start;
    return new Range(
        start,
        start + Math.min(length.orElse(most), most),
        offset.isPresent() || length.isPresent());
  }

  /**
   * Counts the request if it matches.
   *
   * @param length bytes; 0 for a request without a range
   * @return whether the rule fires for it
   */
  boolean fires(IoType request, long offset, long length) {
    if (type.isPresent() ? type.get() != request : ranged && !request.hasRange()) {
      return false;
    }
    // A subtraction, for offset + length could pass the largest long.
    if (ranged && (offset >= end || Math.max(length, 1) <= start - offset)) {
      return false;
    }
    long before = matches.getAndIncrement();
    return once ? before == skip : before >= skip;
  }
}
