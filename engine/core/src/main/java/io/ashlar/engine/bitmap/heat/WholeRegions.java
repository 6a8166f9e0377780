package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Regions that are dirty as a whole in every bitmap that records: writes there change nothing. */
final class WholeRegions {
  private WholeRegions() {}

  /** The trees of stored bitmaps that writes are recorded in. */
  static List<BitTree> recording(Generation generation) {
    return generation.bitmaps().stream()
        .filter(BitmapState::persistent)
        .map(BitmapState::recordingTree)
        .flatMap(Optional::stream)
        .toList();
  }

  static BitSet of(Generation generation, Regions regions) {
    BitSet whole = new BitSet();
    List<BitTree> trees = recording(generation);
    if (trees.isEmpty()) {
      return whole;
    }
    BitTree first = trees.get(0);
    int region = regionAtOrAfter(first.nextDirty(0), regions);
    while (region >= 0 && region < regions.count()) {
      long start = regions.start(region);
      long end = Math.min(regions.length(), start + regions.size());
      if (trees.stream().allMatch(tree -> isWhole(tree, start, end))) {
        whole.set(region);
        region++;
      } else {
        region = Math.max(region + 1, regionAtOrAfter(first.nextDirty(end), regions));
      }
    }
    return whole;
  }

  private static int regionAtOrAfter(long dirty, Regions regions) {
    return dirty < 0 ? Integer.MAX_VALUE : (int) (dirty >>> regions.shift());
  }

  private static boolean isWhole(BitTree tree, long start, long end) {
    long clean = tree.nextClean(start);
    return clean < 0 || clean >= end;
  }
}
