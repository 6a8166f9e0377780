package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorKind;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the stored bitmaps of an image. Nothing that an image says stops the node from being
 * opened: an entry that is damaged, or that would take more memory than there is for the bitmaps of
 * a node, is listed with the reason. An error of the storage does stop it, for it may be gone at
 * the next attempt, while an entry given up would be lost with the first write.
 */
final class BitmapLoader {
  private final BitmapStore store;
  private final MemoryBudget budget;
  private final long length;
  private final List<BitmapState> usable = new ArrayList<>();
  private final List<StoredBitmap> preserved = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  private BitmapLoader(BitmapStore store, long length, long budget) {
    this.store = store;
    this.length = length;
    this.budget = new MemoryBudget(budget);
  }

  /**
   * The directory of a node that was just opened.
   *
   * @param store or {@code null} when the node keeps no bitmaps
   * @throws BlockException of kind STORAGE
   */
  static DirectoryState load(BitmapStore store, boolean writable, long length, long budget) {
    String damage = null;
    BitmapLoader loader = new BitmapLoader(store, length, budget);
    if (store != null) {
      try {
        store.directory().forEach(loader::entry);
      } catch (BlockException e) {
        if (e.kind() != ErrorKind.IMAGE) {
          throw e;
        }
        damage = e.getMessage();
      }
    }
    return new DirectoryState(
        Generation.of(loader.usable), loader.preserved, Map.of(), writable, length, true, damage);
  }

  private void entry(StoredBitmap entry) {
    if (entry.unusable() != null) {
      preserved.add(entry);
      return;
    }
    if (!names.add(entry.name())) {
      preserve(entry, "another bitmap of the image has the same name");
      return;
    }
    try {
      usable.add(read(entry));
    } catch (BlockException e) {
      if (e.kind() == ErrorKind.STORAGE || e.kind() == ErrorKind.INTERNAL) {
        throw e;
      }
      preserve(entry, Texts.printable(e.getMessage()));
    }
  }

  private BitmapState read(StoredBitmap entry) {
    if (entry.inUse()) {
      // It has no bits; a length of 0 keeps thousands of them from taking memory.
      return BitmapState.inconsistent(entry.name(), 0, entry.granularity());
    }
    BitTree tree = new BitTree(length, entry.granularity());
    store.load(entry, budget.counted(tree));
    return BitmapState.of(entry.name(), tree, true, entry.enabled());
  }

  private void preserve(StoredBitmap entry, String reason) {
    preserved.add(
        new StoredBitmap(
            entry.index(),
            entry.name(),
            entry.granularity(),
            entry.inUse(),
            entry.enabled(),
            reason));
  }
}
