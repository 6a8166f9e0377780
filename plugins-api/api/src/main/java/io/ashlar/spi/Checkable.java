package io.ashlar.spi;

import java.util.List;

/**
 * A node whose image can be checked for damage. Its driver has an option {@code repair} with the
 * words off, leaks and all: the image is then mended when it is opened for writing, before anything
 * else is written to it.
 */
public interface Checkable {
  /** What a check may mend. */
  enum Repair {
    NONE,
    LEAKS,
    ALL
  }

  /**
   * How an image is laid out; all counts are of clusters.
   *
   * @param imageEnd bytes up to the end of the last cluster that is in use
   * @param total that guests see
   * @param allocated of those, with a place in the image
   * @param fragmented of those, not behind the one before
   * @param compressed of the allocated ones
   */
  record Layout(long imageEnd, long total, long allocated, long fragmented, long compressed) {
    /** Nothing is known. */
    public static final Layout UNKNOWN = new Layout(0, 0, 0, 0, 0);
  }

  /**
   * The outcome.
   *
   * @param corruptions findings that may cost data
   * @param leaks clusters taken but not used
   * @param corruptionsFixed of those, mended
   * @param leaksFixed of those, mended
   * @param findings one line each, the first 1,000
   * @param layout as it was found
   */
  record CheckResult(
      long corruptions,
      long leaks,
      long corruptionsFixed,
      long leaksFixed,
      List<String> findings,
      Layout layout) {
    /** Copies the list. */
    public CheckResult {
      findings = List.copyOf(findings);
    }

    /** An outcome without a layout. */
    public CheckResult(
        long corruptions,
        long leaks,
        long corruptionsFixed,
        long leaksFixed,
        List<String> findings) {
      this(corruptions, leaks, corruptionsFixed, leaksFixed, findings, Layout.UNKNOWN);
    }
  }

  /** Checks, and mends what is asked for; the node is quiesced. With NONE nothing is written. */
  CheckResult check(Repair repair);
}
