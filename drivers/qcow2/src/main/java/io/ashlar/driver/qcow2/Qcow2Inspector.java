package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says what an image is without opening it: reads cluster 0 and the bitmap directory, at most 66
 * MiB, follows no reference and writes nothing.
 */
final class Qcow2Inspector {
  private static final String WHERE = "image";

  private Qcow2Inspector() {}

  /**
   * Reads an image.
   *
   * @return nothing when the content is not qcow2
   * @throws BlockException IMAGE_CORRUPT, IMAGE_LIMIT or UNKNOWN_VERSION when its header is damaged
   */
  static Optional<ImageReport> inspect(BlockIo file) {
    if (!HeaderCodec.isQcow2(file)) {
      return Optional.empty();
    }
    Header header = HeaderCodec.read(file, WHERE);
    List<String> risks = risks(header);
    BitmapDirectory directory = directory(file, header, risks);
    Map<String, Object> details = details(header);
    fence(header, directory, details, risks);
    List<ImageReference> references = references(header);
    for (ImageReference reference : references) {
      risks.add(
          "it names the "
              + reference.role()
              + " file '"
              + Texts.printable(reference.name())
              + "', which decides what guests read");
    }
    return Optional.of(
        new ImageReport(
            "qcow2", header.size() & -512L, references, directory.stored(), risks, details));
  }

  private static List<String> risks(Header h) {
    List<String> risks = new ArrayList<>();
    long unknown = h.incompatible() & ~Header.KNOWN_INCOMPATIBLE;
    if (unknown != 0) {
      risks.add(
          "it needs features that are not known: "
              + String.join(", ", FeatureCheck.names(h, unknown)));
    }
    for (String feature : FeatureCheck.notServed(h)) {
      risks.add(feature + ", which this version does not serve");
    }
    if (h.compressionType() > Header.ZSTD) {
      risks.add("its compression type " + h.compressionType() + " is not known");
    }
    if (h.dirty()) {
      risks.add("it was not closed cleanly; opening it read-write rebuilds its refcounts");
    }
    if (h.corrupt()) {
      risks.add("it is marked corrupt and can only be read");
    }
    return risks;
  }

  private static BitmapDirectory directory(BlockIo file, Header header, List<String> risks) {
    if (header.storedBitmaps().isPresent() && header.bitmaps().isEmpty()) {
      risks.add("its bitmaps were lost to a program that does not know them");
    }
    try {
      return BitmapDirectory.read(
          header,
          file.length(),
          (offset, target) -> {
            byte[] bytes = new byte[target.remaining()];
            HeaderCodec.readPadded(file, offset, bytes);
            target.put(ByteBuffer.wrap(bytes));
          },
          WHERE);
    } catch (BlockException e) {
      risks.add("its bitmaps cannot be read: " + e.getMessage());
      return BitmapDirectory.EMPTY;
    }
  }

  /** What the image has of a fence; nothing where there is none. */
  private static void fence(
      Header header, BitmapDirectory directory, Map<String, Object> details, List<String> risks) {
    FenceReport report = FenceVerdict.of(header, directory, BitmapSteps.RIGHT);
    if (report instanceof FenceReport.Whole whole) {
      Fence fence = whole.fence();
      details.put("fence", "whole");
      details.put("fence-journal", fence.image() + " " + fence.journal());
      details.put("fence-epoch", fence.epoch());
      details.put("fence-record", fence.lsn());
      details.put("fence-nonce", fence.nonce().toString());
      risks.add(
          "it was left while Ashlar wrote to it; opened for writing by another program, its bitmaps"
              + " are lost");
    } else if (report instanceof FenceReport.Broken broken) {
      details.put("fence", "broken: " + broken.reason());
    } else if (directory.sentinel().isPresent()) {
      details.put("fence", "taken out; its bitmap '" + BitmapDirectory.SENTINEL + "' is left");
    }
  }

  private static List<ImageReference> references(Header h) {
    List<ImageReference> references = new ArrayList<>();
    h.backingName()
        .ifPresent(
            name ->
                references.add(
                    new ImageReference("backing", name, h.backingFormat().orElse(null))));
    h.extension(HeaderExtension.DATA_FILE)
        .ifPresent(
            e ->
                references.add(
                    new ImageReference(
                        "data-file", new String(e.data(), StandardCharsets.UTF_8), "raw")));
    return references;
  }

  private static Map<String, Object> details(Header h) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("compat", h.version() == 2 ? "0.10" : "1.1");
    details.put("cluster-size", (long) h.clusterSize());
    details.put("refcount-bits", (long) h.geometry().refcountBits());
    details.put("compression-type", h.compressionType() == Header.ZSTD ? "zstd" : "zlib");
    details.put("dirty-flag", h.dirty());
    if (h.version() >= 3) {
      details.put("lazy-refcounts", (h.compatible() & Header.LAZY_REFCOUNTS) != 0);
      details.put("corrupt", h.corrupt());
      details.put("extended-l2", (h.incompatible() & Header.EXTENDED_L2) != 0);
    }
    details.put("encrypted", h.cryptMethod() != 0);
    details.put("snapshots", (long) h.snapshotCount());
    return details;
  }
}
