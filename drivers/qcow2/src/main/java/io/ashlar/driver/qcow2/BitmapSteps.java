package io.ashlar.driver.qcow2;

import io.ashlar.spi.Fence;
import java.util.function.UnaryOperator;

/**
 * The steps of {@link Qcow2Bitmaps} whose order keeps stored bitmaps safe over failures and
 * crashes. They stand here alone so that a test can break one and see that it is missed.
 */
class BitmapSteps {
  /** The right ones. */
  static final BitmapSteps RIGHT = new BitmapSteps();

  /**
   * Before the header may name new clusters: their content, their refcounts and every guest write
   * acknowledged before are made durable.
   */
  void beforePublish(MetadataSpace space) {
    space.flushRefcounts();
  }

  /**
   * Points the header to a new directory and puts the fence in, or takes it out, in one sector; and
   * frees what was replaced only when that is certain. So no crash shows bitmaps IN_USE without the
   * fence that explains them, or a fence with other bitmaps than its own.
   *
   * @param space makes the header durable; fails with unknown outcome
   * @param directory names the new directory
   * @param fence brings the header's fence to what it is to be
   * @param freeOld frees what the new directory does not keep
   */
  void publish(
      MetadataSpace space,
      UnaryOperator<Header> directory,
      UnaryOperator<Header> fence,
      Runnable freeOld) {
    space.updateHeader(h -> fence.apply(directory.apply(h)));
    freeOld.run();
  }

  /**
   * After a publish of unknown outcome: nothing is freed, for the header may name either directory.
   *
   * @param freeNew frees the clusters of the new directory
   */
  void publishFailed(Runnable freeNew) {}

  /**
   * Before anything is built on the old directory again: the header that is known is written once
   * more and flushed, then the other directory is freed.
   */
  void settle(Runnable header, Runnable freeNew) {
    header.run();
    freeNew.run();
  }

  /**
   * Sets IN_USE in place and makes it durable, before a guest may write. A crash on the way leaves
   * each bitmap as it was or IN_USE.
   *
   * @param flags writes the flag words
   */
  void arm(MetadataSpace space, Runnable flags) {
    flags.run();
    space.flush();
  }

  /**
   * Takes a fence out before bitmaps are armed without one: the journal will not hear of what
   * guests write then.
   */
  void disown(MetadataSpace space) {
    if (FenceHeader.any(space.header())) {
      space.updateHeader(FenceHeader::without);
    }
  }

  /** Takes the fence out, durably: writes go on without a journal when this returns. */
  void revoke(MetadataSpace space) {
    space.updateHeader(FenceHeader::without);
  }

  /** What is in the image after a change of its fence. */
  Fence changed(Fence present, Fence next) {
    return next;
  }

  /**
   * A flush of the image.
   *
   * @param record writes the number of the journal's last record into the fence
   * @param flush makes it durable, with everything else
   */
  void flush(Runnable record, Runnable flush) {
    record.run();
    flush.run();
  }

  /**
   * Whether a fence that does not lie in the first sector alone is broken: its parts may be of
   * different times.
   */
  boolean fenceInOneSector() {
    return true;
  }

  /**
   * Whether flags that read as set are written again after an attempt that failed: the failed flush
   * may have lost them.
   */
  boolean armAgainAfterFailure() {
    return true;
  }

  /** Whether clusters of a bitmap whose content nobody has read are freed only if it alone uses. */
  boolean verifyUnread() {
    return true;
  }
}
