package io.ashlar.driver.qcow2;

import io.ashlar.spi.Fence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The part of a fence that lies in the header (protocols.md 9): an autoclear bit, an extension and
 * a row of the feature name table, all within the first sector, with the bitmaps extension.
 */
final class FenceHeader {
  /** The number of the autoclear bit. */
  static final int BIT = 40;

  /** The autoclear bit. */
  static final long MASK = 1L << BIT;

  private FenceHeader() {}

  /**
   * The same header with a fence, or with another one.
   *
   * @param table host offset of the sentinel's table
   */
  static Header put(Header h, Fence fence, long table) {
    int names =
        read(h)
            .map(FenceExtension::names)
            .orElseGet(
                () -> h.extension(HeaderExtension.FEATURE_NAMES).map(FeatureNames::rows).orElse(0));
    Header.Builder b = h.toBuilder();
    b.autoclear |= MASK;
    List<HeaderExtension> order = new ArrayList<>();
    order.add(new FenceExtension(fence, table, names).toExtension());
    for (HeaderExtension e : b.extensions) {
      if (e.known() && e.type() != FenceExtension.TYPE) {
        order.add(e);
      }
    }
    order.add(FeatureNames.ofFence());
    for (HeaderExtension e : b.extensions) {
      if (!e.known() && e.type() != HeaderExtension.FEATURE_NAMES) {
        order.add(e);
      }
    }
    b.extensions = order;
    return b.build();
  }

  /** The same header with a change of its fence, which is there. */
  static Header change(Header h, UnaryOperator<Fence> change) {
    FenceExtension present = read(h).orElseThrow();
    return put(h, change.apply(present.fence()), present.table());
  }

  /**
   * The same header with nothing of a fence; the table of feature names from before comes back if
   * it fits into the first sector.
   */
  static Header without(Header h) {
    if (!any(h)) {
      return h;
    }
    int names = read(h).map(FenceExtension::names).orElse(0);
    Header.Builder b = h.toBuilder();
    b.autoclear &= ~MASK;
    boolean ours =
        h.extension(HeaderExtension.FEATURE_NAMES).map(FeatureNames::hasFence).orElse(false);
    if (ours) {
      b.extension(HeaderExtension.FEATURE_NAMES, null);
    }
    b.extensions.removeIf(e -> e.type() == FenceExtension.TYPE);
    Header less = b.build();
    if (ours && names != 0) {
      Header more = b.extension(HeaderExtension.FEATURE_NAMES, FeatureNames.some(names)).build();
      if (HeaderLayout.extensionsEnd(more) <= HeaderFile.SECTOR) {
        return more;
      }
    }
    return less;
  }

  /** Whether there is anything of a fence. */
  static boolean any(Header h) {
    return (h.autoclear() & MASK) != 0
        || h.extension(FenceExtension.TYPE).isPresent()
        || h.extension(HeaderExtension.FEATURE_NAMES).map(FeatureNames::hasFence).orElse(false);
  }

  /** The extension when its bit is set and it is not damaged. */
  static Optional<FenceExtension> read(Header h) {
    if ((h.autoclear() & MASK) == 0) {
      return Optional.empty();
    }
    return h.extension(FenceExtension.TYPE)
        .map(HeaderExtension::data)
        .filter(data -> FenceExtension.damage(data) == null)
        .map(FenceExtension::of);
  }

  /**
   * Whether all that makes a fence, and the place of the directory, lies in the first sector, so
   * that it is written wholly or not at all.
   */
  static boolean inOneSector(Header h) {
    int at = h.headerLength();
    for (HeaderExtension e : h.extensions()) {
      int end = at + e.paddedLength();
      int needed =
          e.type() == HeaderExtension.FEATURE_NAMES && FeatureNames.hasFence(e)
              ? at + 8 + FeatureNames.ROW
              : e.type() == FenceExtension.TYPE || e.type() == HeaderExtension.BITMAPS ? end : 0;
      if (needed > HeaderFile.SECTOR) {
        return false;
      }
      at = end;
    }
    return true;
  }
}
