package io.ashlar.spi;

import java.util.UUID;

/**
 * What ties an image whose bitmaps are IN_USE to the journal that can rebuild them. It is in the
 * image from arming to sealing, in such a way that any other program that may have changed the
 * guest's data leaves it broken.
 *
 * @param image first half of the journal's identity
 * @param journal second half of the journal's identity
 * @param epoch the journal's epoch when the fence was put in
 * @param nonce changes whenever a bitmap may have lost bits, so that an older copy of the image is
 *     noticed
 * @param lsn a record of the journal that was durable before anything that the image has
 */
public record Fence(UUID image, UUID journal, long epoch, UUID nonce, long lsn) {
  /** The same with a later record. */
  public Fence withLsn(long later) {
    return new Fence(image, journal, epoch, nonce, later);
  }

  /** The same with another nonce. */
  public Fence withNonce(UUID next) {
    return new Fence(image, journal, epoch, next, lsn);
  }
}
