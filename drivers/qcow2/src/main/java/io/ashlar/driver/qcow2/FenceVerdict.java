package io.ashlar.driver.qcow2;

import io.ashlar.spi.FenceReport;
import io.ashlar.spi.FenceReport.Broken;
import io.ashlar.spi.FenceReport.Whole;
import java.util.Optional;

/**
 * Whether a fence is as it was put in. QEMU undoes at least one part before its first write of
 * guest data is durable, on each of its ways (reliability.md 4.5), and none comes back.
 */
final class FenceVerdict {
  private FenceVerdict() {}

  /** Judges what header and directory say. */
  static FenceReport of(Header h, BitmapDirectory directory, BitmapSteps steps) {
    if (!FenceHeader.any(h)) {
      return FenceReport.NONE;
    }
    String damage = inHeader(h, steps);
    if (damage != null) {
      return new Broken(damage);
    }
    FenceExtension fence = FenceHeader.read(h).orElseThrow();
    damage = inDirectory(fence, h, directory);
    return damage == null ? new Whole(fence.fence()) : new Broken(damage);
  }

  private static String inHeader(Header h, BitmapSteps steps) {
    Optional<HeaderExtension> extension = h.extension(FenceExtension.TYPE);
    if (extension.isEmpty()) {
      return "a part of a fence is in its header, and the extension that it belongs to is not";
    }
    if ((h.autoclear() & FenceHeader.MASK) == 0) {
      return "another program opened the image for writing: the fence's autoclear bit is clear";
    }
    String damage = FenceExtension.damage(extension.get().data());
    if (damage != null) {
      return damage;
    }
    if (h.extensions().stream().filter(e -> e.type() == FenceExtension.TYPE).count() > 1) {
      return "there are two fences in its header";
    }
    if (!h.extension(HeaderExtension.FEATURE_NAMES).map(FeatureNames::hasFence).orElse(false)) {
      return "another program wrote the header anew: the fence's feature name is gone";
    }
    if (!FenceHeader.inOneSector(h) && steps.fenceInOneSector()) {
      return "another program wrote the header anew: the fence is not in its first sector";
    }
    return null;
  }

  private static String inDirectory(FenceExtension fence, Header h, BitmapDirectory directory) {
    if (h.bitmaps().isEmpty()) {
      return "a program that does not know bitmaps opened the image for writing";
    }
    if (directory.damage() != null) {
      return "the bitmap directory is damaged: " + directory.damage();
    }
    DirectoryEntry sentinel = directory.sentinel().orElse(null);
    if (sentinel == null) {
      return "the fence's bitmap '" + BitmapDirectory.SENTINEL + "' is gone";
    }
    if (!sentinel.usable()) {
      return "the fence's bitmap cannot be used: " + sentinel.stored().unusable();
    }
    if (sentinel.flags() != 0) {
      return "another program opened the image for writing: the fence's bitmap has flags "
          + sentinel.flags();
    }
    if (sentinel.tableOffset() != fence.table()) {
      return "another program wrote the bitmaps anew: the fence's bitmap is elsewhere";
    }
    return null;
  }
}
