package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Which images this driver serves (section 3); everything else is refused by name. */
final class FeatureCheck {
  private FeatureCheck() {}

  /**
   * Refuses an image that is not served.
   *
   * @throws BlockException UNKNOWN_FEATURE naming the bits or the feature; IMAGE_CORRUPT when
   *     features contradict each other, or for a read-write open of an image marked corrupt
   */
  static void require(Header h, boolean readOnly, String where) {
    if ((h.incompatible() & ~Header.KNOWN_INCOMPATIBLE) != 0) {
      throw unknown(
          where,
          "Unsupported qcow2 feature(s): "
              + String.join(", ", names(h, h.incompatible() & ~Header.KNOWN_INCOMPATIBLE))
              + "; a newer program made this image");
    }
    if (h.compressionType() > Header.ZSTD) {
      throw unknown(where, "qcow2: unknown compression type: " + h.compressionType());
    }
    boolean bit = (h.incompatible() & Header.COMPRESSION_TYPE) != 0;
    if (bit != (h.compressionType() != Header.DEFLATE)) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "'"
              + where
              + "': qcow2: Compression type incompatible feature bit must "
              + (bit ? "not " : "")
              + "be set for compression type "
              + h.compressionType());
    }
    for (String feature : notServed(h)) {
      throw unknown(where, feature + ", which this version does not serve; use qemu-img for it");
    }
    if (h.corrupt() && !readOnly) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "'"
              + where
              + "': qcow2: Image is corrupt; cannot be opened read/write; open it read-only, or"
              + " repair it with ashlar check -r all");
    }
  }

  /** The features of an image that are known and not served, one phrase each. */
  static List<String> notServed(Header h) {
    List<String> found = new ArrayList<>();
    if (h.cryptMethod() != 0) {
      found.add("the image is encrypted (" + (h.cryptMethod() == 1 ? "aes" : "luks") + ")");
    }
    if ((h.incompatible() & Header.EXTERNAL_DATA_FILE) != 0) {
      found.add("the image has an external data file");
    }
    if ((h.incompatible() & Header.EXTENDED_L2) != 0) {
      found.add("the image has extended L2 entries");
    }
    if (h.snapshotCount() != 0) {
      found.add("the image has " + h.snapshotCount() + " internal snapshot(s)");
    }
    return found;
  }

  /** Names of incompatible bits from the image's feature name table, cleaned, with numbers. */
  static List<String> names(Header h, long bits) {
    byte[] table =
        h.extension(HeaderExtension.FEATURE_NAMES).map(HeaderExtension::data).orElse(new byte[0]);
    List<String> names = new ArrayList<>();
    for (int bit = 0; bit < 64; bit++) {
      if ((bits >>> bit & 1) == 0) {
        continue;
      }
      String name = "Unknown incompatible feature: " + Long.toHexString(1L << bit);
      for (int at = 0; at + 48 <= table.length; at += 48) {
        if (table[at] == 0 && table[at + 1] == bit) {
          name = Texts.printable(cut(table, at + 2));
          break;
        }
      }
      names.add(name + " (incompatible bit " + bit + ")");
    }
    return names;
  }

  private static String cut(byte[] table, int from) {
    int end = from;
    while (end < from + 46 && table[end] != 0) {
      end++;
    }
    return new String(table, from, end - from, StandardCharsets.UTF_8);
  }

  private static BlockException unknown(String where, String what) {
    return new BlockException(ErrorCode.UNKNOWN_FEATURE, "'" + where + "': " + what);
  }
}
