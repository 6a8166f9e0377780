package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Fence;
import java.util.Optional;
import java.util.UUID;

/** Whether the header has room for a fence. */
final class FenceRoom {
  /** Clusters up to this size get no table of feature names from QEMU. */
  private static final int NAMELESS = 4096;

  private static final Fence ANY = new Fence(new UUID(0, 0), new UUID(0, 0), 0, new UUID(0, 0), 0);

  private FenceRoom() {}

  /** Why there is none, as part of a sentence. */
  static Optional<String> refusal(MetadataSpace space) {
    Header present = space.header();
    if (present.version() < 3) {
      return Optional.of("qcow2 version 2 has no bitmaps; qemu-img amend -o compat=1.1 changes it");
    }
    int cluster = present.clusterSize();
    Header next =
        FenceHeader.put(
            present.withBitmaps(new BitmapsExtension(1, BitmapsExtension.LENGTH, cluster)),
            ANY,
            cluster);
    try {
      space.requireRoom(next);
    } catch (BlockException e) {
      return Optional.of(
          "the first 512 bytes have no room for it beside "
              + (present.backingName().isPresent() ? "the name of the backing file and " : "")
              + "what the header has");
    }
    return ofQemu(next) > cluster
        ? Optional.of("QEMU could not write the header anew in " + cluster + " bytes")
        : Optional.empty();
  }

  /** Bytes that a header takes as QEMU writes it at its next read-write open. */
  private static int ofQemu(Header h) {
    Header.Builder b = h.toBuilder();
    b.extension(
        HeaderExtension.FEATURE_NAMES, h.clusterSize() > NAMELESS ? FeatureNames.ofQemu() : null);
    return HeaderLayout.extensionsEnd(b.build()) + h.backingBytes().map(n -> n.length).orElse(0);
  }
}
