package io.ashlar.spi;

import java.util.List;
import java.util.Map;

/**
 * What an image says of itself.
 *
 * @param format the driver's name
 * @param virtualSize bytes of the virtual disk
 * @param references names of other files in it, inert
 * @param bitmaps the stored bitmaps
 * @param risks reasons not to open it without a thought, one sentence each: references, dirty,
 *     corrupt, unknown features
 * @param details further facts by QEMU's names ({@code cluster-size}, {@code compat} ...)
 */
public record ImageReport(
    String format,
    long virtualSize,
    List<ImageReference> references,
    List<StoredBitmap> bitmaps,
    List<String> risks,
    Map<String, Object> details) {

  /** Copies the lists. */
  public ImageReport {
    references = List.copyOf(references);
    bitmaps = List.copyOf(bitmaps);
    risks = List.copyOf(risks);
    details = Map.copyOf(details);
  }
}
