package io.ashlar.spi;

import java.util.List;

/** A node whose image can be checked for damage. */
public interface Checkable {
  /** What a check may mend. */
  enum Repair {
    NONE,
    LEAKS,
    ALL
  }

  /**
   * The outcome.
   *
   * @param corruptions findings that may cost data
   * @param leaks clusters taken but not used
   * @param corruptionsFixed of those, mended
   * @param leaksFixed of those, mended
   * @param findings one line each, the first 1,000
   */
  record CheckResult(
      long corruptions, long leaks, long corruptionsFixed, long leaksFixed, List<String> findings) {
    /** Copies the list. */
    public CheckResult {
      findings = List.copyOf(findings);
    }
  }

  /** Checks, and mends what is asked for; the node is quiesced. With NONE nothing is written. */
  CheckResult check(Repair repair);
}
