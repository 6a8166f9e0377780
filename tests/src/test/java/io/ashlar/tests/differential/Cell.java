package io.ashlar.tests.differential;

import java.util.ArrayList;
import java.util.List;

/**
 * One kind of image.
 *
 * @param clusterSize bytes
 * @param version 2 or 3
 * @param refcountBits width of a refcount
 * @param backing what lies below
 * @param bitmap what records
 */
record Cell(int clusterSize, int version, int refcountBits, Backing backing, Bitmap bitmap) {
  /** The image below. */
  enum Backing {
    NO,
    SHORTER,
    LONGER
  }

  /** The persistent bitmap. */
  enum Bitmap {
    NO,
    ENABLED,
    DISABLED
  }

  private static final int[] CLUSTER_SIZES = {512, 4096, 1 << 16, 1 << 21};
  private static final int[] WIDTHS = {1, 16, 64};
  private static final int V2_WIDTH = 16;

  /** Every combination that qcow2 allows: version 2 has one width and no bitmaps. */
  static List<Cell> legal() {
    List<Cell> cells = new ArrayList<>();
    for (int clusterSize : CLUSTER_SIZES) {
      for (int width : WIDTHS) {
        for (Backing backing : Backing.values()) {
          for (Bitmap bitmap : Bitmap.values()) {
            cells.add(new Cell(clusterSize, 3, width, backing, bitmap));
            if (width == V2_WIDTH && bitmap == Bitmap.NO) {
              cells.add(new Cell(clusterSize, 2, width, backing, bitmap));
            }
          }
        }
      }
    }
    return cells;
  }

  @Override
  public String toString() {
    return String.format(
        "%d-v%d-%dbit-backing_%s-bitmap_%s", clusterSize, version, refcountBits, backing, bitmap);
  }
}
