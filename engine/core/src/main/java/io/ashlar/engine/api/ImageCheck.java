package io.ashlar.engine.api;

import io.ashlar.spi.Checkable.CheckResult;
import java.util.Optional;

/**
 * What is wrong with an image, and what was mended of it.
 *
 * @param found what there was
 * @param left what there is now; the same when nothing was mended
 * @param refused why not everything was mended that was asked for, where the image is the reason
 */
public record ImageCheck(CheckResult found, CheckResult left, Optional<String> refused) {
  /** Of what was found, errors that are no more. */
  public long corruptionsFixed() {
    return Math.max(0, found.corruptions() - left.corruptions());
  }

  /** Of what was found, leaks that are no more. */
  public long leaksFixed() {
    return Math.max(0, found.leaks() - left.leaks());
  }
}
