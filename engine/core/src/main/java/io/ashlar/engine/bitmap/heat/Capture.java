package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;

/**
 * The exact bits of an image's bitmaps at one moment. Together with the heats of its epoch and
 * later ones they cover every write.
 *
 * @param epoch of the set of hot regions that was published before a bit was read
 * @param lengths of the image
 * @param nonces that the image's fence may have for this to be about it
 * @param carried regions that were hot from the beginning of the epoch
 * @param shift of the regions
 * @param bitmaps the usable bitmaps that the image keeps
 */
public record Capture(
    long epoch,
    Lengths lengths,
    List<UUID> nonces,
    BitSet carried,
    int shift,
    List<Bitmap> bitmaps) {
  /** Copies the lists; the set is nobody else's. */
  public Capture {
    nonces = List.copyOf(nonces);
    bitmaps = List.copyOf(bitmaps);
  }

  /**
   * A bitmap; two of one name may be there while one takes the other's place.
   *
   * @param enabled whether it records writes
   * @param bits its bits and those of its successor
   */
  public record Bitmap(String name, long granularity, boolean enabled, BitTree bits) {}
}
