package io.ashlar.driver.qcow2;

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
   * Points the header to a new directory, and frees what it replaced only when that is certain.
   *
   * @param header makes the header durable; fails with unknown outcome
   * @param freeOld frees what the new directory does not keep
   */
  void publish(Runnable header, Runnable freeOld) {
    header.run();
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
