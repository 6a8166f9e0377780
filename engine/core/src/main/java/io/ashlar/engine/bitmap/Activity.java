package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A node's bitmaps when it becomes inactive or active again. What the image keeps leaves memory
 * only once the change is decided, and comes back from the image.
 */
final class Activity {
  private static final String CLASH =
      "a bitmap of the node that is not stored has the same name; remove that one, make the node"
          + " inactive and active again";

  /** Memory has forgotten them, for somebody else may write the image now. */
  private static final String LOST =
      "and then are inconsistent for whoever opens it next; remove them and take a full backup";

  private final Desk desk;

  Activity(Desk desk) {
    this.desk = desk;
  }

  /** The bitmaps were stored, flushed and published before; the node is quiesced. */
  void inactivated() {
    DirectoryState next = desk.state().inactivated();
    desk.recording().applyQuiesced(new Change(next.generation()), () -> {});
    desk.disk().close();
    desk.publish(next);
    desk.log().release();
  }

  /** All that can fail. Memory shows the result when the node became active. */
  void activate(BitmapStore staged, Runnable flush, boolean writable, long length) {
    DirectoryState loaded =
        withTransient(
            desk.rescued(
                "blockdev-set-active",
                staged,
                writable,
                BitmapLoader.load(staged, writable, length, MemoryBudget.ONE_IMAGE)));
    desk.loaded(loaded);
    if (writable && staged != null && loaded.damage() == null) {
      desk.disk().armThrough(staged);
    }
    desk.disk().open(loaded.damage() == null ? staged : null, flush, writable);
  }

  /**
   * Sealed again with the bits that it has.
   *
   * @throws io.ashlar.spi.BlockException the image could not be told and says IN_USE
   */
  void stays(BitmapStore staged) {
    Optional<DirectoryState> loaded = desk.loaded();
    try {
      if (loaded.isPresent() && staged != null) {
        new NodeTransitions(desk).disarmThrough(staged, loaded.get(), LOST);
      }
    } finally {
      desk.loaded(null);
      desk.disk().close();
      desk.log().release();
    }
  }

  private DirectoryState withTransient(DirectoryState loaded) {
    List<BitmapState> all = new ArrayList<>();
    List<StoredBitmap> preserved = new ArrayList<>(loaded.preserved());
    Generation kept = desk.state().generation();
    for (BitmapState bitmap : loaded.generation().bitmaps()) {
      if (kept.find(bitmap.name()).isPresent()) {
        preserved.add(unusable(bitmap));
      } else {
        all.add(bitmap);
      }
    }
    kept.bitmaps().forEach(bitmap -> all.add(missedWrites(bitmap, loaded.length())));
    return loaded.with(Generation.of(all)).withPreserved(preserved);
  }

  private static StoredBitmap unusable(BitmapState bitmap) {
    return new StoredBitmap(
        -1,
        bitmap.name(),
        bitmap.tree().granularity(),
        bitmap.inconsistent(),
        bitmap.enabled(),
        CLASH);
  }

  private static BitmapState missedWrites(BitmapState bitmap, long length) {
    BitTree tree = new BitTree(length, bitmap.tree().granularity());
    if (bitmap.recording()) {
      tree.set(0, length);
    } else {
      tree.merge(bitmap.tree());
    }
    return bitmap.withTree(tree);
  }
}
