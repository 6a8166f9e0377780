package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.List;

/** The rules of one node, with their counters. */
final class Rules {
  private static final String INJECT_ERROR = "inject-error";
  private static final String DELAY = "delay";
  private static final String ERRNO = "errno";
  private static final String DELAY_NS = "delay-ns";

  private record Injection(Rule rule, int errno) {}

  private record Delay(Rule rule, long nanos) {}

  private final Options options;
  private final List<Injection> injections;
  private final List<Delay> delays;

  private Rules(Options options, List<Injection> injections, List<Delay> delays) {
    this.options = options;
    this.injections = injections;
    this.delays = delays;
  }

  /** The options of the schema. */
  static OptionSpec[] specs() {
    return new OptionSpec[] {
      OptionSpec.objects(
              INJECT_ERROR,
              "errors to inject; the first rule that fires counts",
              Rule.specs(
                  OptionSpec.string(ERRNO, "error number or name, such as 28 or ENOSPC")
                      .withDefault("EIO")))
          .reopenable(),
      OptionSpec.objects(
              DELAY,
              "delays before requests are passed on; they add up",
              Rule.specs(OptionSpec.integer(DELAY_NS, "nanoseconds to wait").mandatory()))
          .reopenable()
    };
  }

  /**
   * The rules of checked options, all counters at zero.
   *
   * @throws BlockException INVALID_OPTION for rules that contradict themselves
   */
  static Rules of(Options options) {
    List<Injection> injections =
        options.objects(INJECT_ERROR).stream()
            .map(o -> new Injection(Rule.of(o), Errno.parse(o.string(ERRNO))))
            .toList();
    List<Delay> delays =
        options.objects(DELAY).stream()
            .map(o -> new Delay(Rule.of(o), o.number(DELAY_NS)))
            .toList();
    return new Rules(options, injections, delays);
  }

  /** These rules, counters and all, when the options say the same; new ones otherwise. */
  Rules after(Options newOptions) {
    return newOptions.equals(options) ? this : of(newOptions);
  }

  /** Counts a request in all delay rules; the nanoseconds it is to wait. */
  long delay(IoType type, long offset, long length) {
    long nanos = 0;
    for (Delay delay : delays) {
      if (delay.rule.fires(type, offset, length)) {
        nanos = Math.min(nanos, Long.MAX_VALUE - delay.nanos) + delay.nanos;
      }
    }
    return nanos;
  }

  /**
   * Counts a request in all error rules.
   *
   * @param nodeName for the message
   * @throws BlockException when one fires; of several, the first in the list
   */
  void fail(String nodeName, IoType type, long offset, long length) {
    Injection first = null;
    for (Injection injection : injections) {
      if (injection.rule.fires(type, offset, length) && first == null) {
        first = injection;
      }
    }
    if (first != null) {
      throw new BlockException(
          Errno.code(first.errno),
          "node '%s' injects error %d into a %s of %d bytes at %d"
              .formatted(nodeName, first.errno, type.word(), length, offset));
    }
  }
}
