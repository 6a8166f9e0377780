package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * How cluster 0 gets from one header to the next so that one sector decides: which bytes it is to
 * hold. Everything behind the first sector that differs is unread until the first sector is
 * written. The layouts, first that fits:
 *
 * <ol>
 *   <li>the present one, when at most one sector differs;
 *   <li>all extensions in the first sector, without the feature name table, which only feeds error
 *       texts;
 *   <li>known extensions in the first sector, then a feature name table as a spacer over what lies
 *       between, then all others: where they are, or copied behind everything.
 * </ol>
 *
 * <p>A fence is in the first sector in each of them, with its row at the start of the table.
 *
 * <p>The name of the backing file lies behind the extensions, where it is or copied.
 */
final class HeaderPlan {
  private static final int SECTOR = HeaderFile.SECTOR;
  private static final int LONGEST_SPACER = 65_536;

  private final byte[] confirmed;
  private final Header present;
  private final String where;

  /**
   * A plan from what is on disk.
   *
   * @param confirmed cluster 0
   * @param present its header
   */
  HeaderPlan(byte[] confirmed, Header present, String where) {
    this.confirmed = confirmed;
    this.present = present;
    this.where = where;
  }

  /**
   * The bytes of cluster 0 for a header.
   *
   * @throws BlockException NO_SPACE or NOT_SUPPORTED when there is no safe way
   */
  byte[] target(Header next) {
    boolean fence = FenceHeader.read(next).isPresent();
    if (HeaderLayout.usedBytes(next) <= confirmed.length) {
      byte[] inPlace = inPlace(next);
      if (differing(confirmed, inPlace).cardinality() <= 1
          && (!fence || FenceHeader.inOneSector(next))) {
        return inPlace;
      }
    } else if (confirmed.length == SECTOR) {
      HeaderLayout.encode(next); // says that there is no space
    }
    Header.Builder b = next.toBuilder();
    if (HeaderLayout.extensionsEnd(next) > SECTOR) {
      b.extension(HeaderExtension.FEATURE_NAMES, fence ? FeatureNames.ofFence() : null);
    }
    int end = HeaderLayout.extensionsEnd(b.build());
    return end <= SECTOR ? oneSector(b) : spaced(b, end, fence);
  }

  /** The sectors in which two clusters differ. */
  static BitSet differing(byte[] a, byte[] b) {
    BitSet sectors = new BitSet();
    for (int at = Arrays.mismatch(a, b); at >= 0; ) {
      int sector = at / SECTOR;
      sectors.set(sector);
      int from = (sector + 1) * SECTOR;
      int next = Arrays.mismatch(a, from, a.length, b, from, b.length);
      at = next < 0 ? -1 : from + next;
    }
    return sectors;
  }

  /** The bytes for a header in the present layout; what no reader looks at stays as it is. */
  private byte[] inPlace(Header next) {
    byte[] target = confirmed.clone();
    byte[] encoded = HeaderLayout.encode(next);
    int end = HeaderLayout.extensionsEnd(next);
    System.arraycopy(encoded, 0, target, 0, end);
    if (FenceHeader.any(present) && !FenceHeader.any(next)) {
      Arrays.fill(target, Math.min(end, SECTOR), SECTOR, (byte) 0); // nothing of it stays
    }
    int nameAt = (int) ByteBuffer.wrap(encoded).getLong(8);
    int nameLength = next.backingBytes().map(n -> n.length).orElse(0);
    System.arraycopy(encoded, nameAt, target, nameAt, nameLength);
    return target;
  }

  private byte[] oneSector(Header.Builder b) {
    byte[] target = confirmed.clone();
    placeName(b, SECTOR, target);
    byte[] first = HeaderLayout.encode(b.build());
    System.arraycopy(first, 0, target, 0, SECTOR);
    return target;
  }

  /** With a spacer between the known extensions and the unknown ones. */
  private byte[] spaced(Header.Builder b, int end, boolean fence) {
    List<HeaderExtension> known = new ArrayList<>();
    List<HeaderExtension> unknown = new ArrayList<>();
    int row = fence ? FeatureNames.ROW : 0;
    if (fence) {
      b.extension(HeaderExtension.FEATURE_NAMES, null);
    }
    b.extensions.forEach(e -> (e.known() ? known : unknown).add(e));
    int spacer = b.headerLength + known.stream().mapToInt(HeaderExtension::paddedLength).sum();
    int size = unknown.stream().mapToInt(HeaderExtension::paddedLength).sum();
    int stays = placeOf(unknown);
    boolean copy = stays < spacer + 8 + row;
    int place = copy ? Math.max(SECTOR, usedEnd() + 7 & -8) : stays;
    if (spacer + 8 + row > SECTOR
        || place - spacer > LONGEST_SPACER
        || place + size + 8 > confirmed.length) {
      throw noRoom(end);
    }
    byte[] between = Arrays.copyOfRange(confirmed, spacer + 8, place);
    Arrays.fill(between, 0, Math.min(between.length, SECTOR - spacer - 8), (byte) 0);
    if (fence) {
      FeatureNames.putFence(between);
    }
    b.extensions = new ArrayList<>(known);
    b.extensions.add(new HeaderExtension(HeaderExtension.FEATURE_NAMES, between));
    b.extensions.addAll(unknown);
    byte[] target = confirmed.clone();
    placeName(b, place + size + 8, target);
    byte[] encoded = HeaderLayout.encode(b.build());
    System.arraycopy(encoded, 0, target, 0, SECTOR);
    if (copy) {
      System.arraycopy(encoded, place, target, place, size + 8);
    }
    return target;
  }

  /** Where extensions lie together, last in the present list; -1 when they do not. */
  private int placeOf(List<HeaderExtension> wanted) {
    List<HeaderExtension> all = present.extensions();
    int from = all.size() - wanted.size();
    if (from < 0 || !all.subList(from, all.size()).equals(wanted)) {
      return -1;
    }
    int at = present.headerLength();
    for (HeaderExtension e : all.subList(0, from)) {
      at += e.paddedLength();
    }
    return at;
  }

  /** Puts the name where it is, or behind everything that the present header uses. */
  private void placeName(Header.Builder b, int behind, byte[] target) {
    byte[] name = b.backingName;
    if (name == null) {
      return;
    }
    long at = present.backingOffset();
    boolean stays = at >= behind && Arrays.equals(present.backingBytes().orElse(null), name);
    if (!stays) {
      at = Math.max(behind, usedEnd() + 7 & -8);
    }
    if (at + name.length > target.length) {
      throw new BlockException(
          ErrorCode.NO_SPACE,
          "'"
              + where
              + "': No space left in the file header for the backing file name; use larger"
              + " clusters or a shorter name");
    }
    b.backingOffset = at;
    System.arraycopy(name, 0, target, (int) at, name.length);
  }

  private int usedEnd() {
    long nameEnd = present.backingOffset() + present.backingBytes().map(n -> n.length).orElse(0);
    return (int) Math.max(HeaderLayout.extensionsEnd(present), nameEnd);
  }

  private BlockException noRoom(int end) {
    return new BlockException(
        ErrorCode.NOT_SUPPORTED,
        "'"
            + where
            + "': header extensions that this program does not know take so much of the first "
            + confirmed.length
            + " bytes (the header would end at "
            + end
            + ") that it cannot change safely; qemu-img convert makes a copy of the image without"
            + " them");
  }
}
