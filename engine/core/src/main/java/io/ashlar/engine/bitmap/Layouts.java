package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.TreeBits;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapEntry.Kept;
import io.ashlar.spi.BitmapEntry.Written;
import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The entries of a new directory. It is made from memory and the entries that are kept for their
 * owners: an entry that neither knows is what a failed change of ours left behind, and goes.
 */
final class Layouts {
  private Layouts() {}

  /**
   * The directory as it is on disk, with the bitmaps that a state has: new ones empty and IN_USE,
   * missing ones gone, the others with flags and data untouched.
   *
   * @param fresh names whose present entries belong to a bitmap that is gone
   */
  static StoredDirectory.Layout keep(DirectoryState state, Set<String> fresh) {
    Function<BitmapState, BitmapEntry> empty = bitmap -> written(bitmap, true, BitmapSource.EMPTY);
    return directory ->
        build(
            directory,
            state.generation(),
            state.preserved(),
            (bitmap, entry) ->
                fresh.contains(bitmap.name())
                    ? empty.apply(bitmap)
                    : new Kept(entry, entry.inUse()),
            Layouts::asItIs,
            empty);
  }

  /** The directory with the bits of now, valid. Nobody may write until it is armed again. */
  static StoredDirectory.Layout truth(DirectoryState state) {
    return directory ->
        build(
            directory,
            state.generation(),
            state.preserved(),
            (bitmap, entry) -> bitmap.inconsistent() ? new Kept(entry, true) : truth(bitmap),
            Layouts::asItIs,
            Layouts::truth);
  }

  /**
   * The directory with the bits that it has, valid; nothing was written since they were read. Of a
   * bitmap that was recovered after a crash the image has no bits that are right.
   */
  static StoredDirectory.Layout untouched(DirectoryState state) {
    return directory ->
        build(
            directory,
            state.generation(),
            state.preserved(),
            (bitmap, entry) ->
                bitmap.recovery() != null ? truth(bitmap) : new Kept(entry, bitmap.inconsistent()),
            (loaded, entry) -> new Kept(entry, loaded.inUse()),
            Layouts::truth);
  }

  private static List<BitmapEntry> build(
      List<StoredBitmap> directory,
      Generation generation,
      List<StoredBitmap> preserved,
      BiFunction<BitmapState, StoredBitmap, BitmapEntry> present,
      BiFunction<StoredBitmap, StoredBitmap, BitmapEntry> unusable,
      Function<BitmapState, BitmapEntry> missing) {
    Map<String, BitmapState> open = new LinkedHashMap<>();
    generation.bitmaps().stream()
        .filter(BitmapState::persistent)
        .forEach(bitmap -> open.put(bitmap.name(), bitmap));
    List<StoredBitmap> kept = new ArrayList<>(preserved);
    List<BitmapEntry> entries = new ArrayList<>();
    for (StoredBitmap entry : directory) {
      BitmapState bitmap = entry.unusable() == null ? open.remove(entry.name()) : null;
      if (bitmap != null) {
        entries.add(present.apply(bitmap, entry));
        continue;
      }
      kept.stream()
          .filter(loaded -> loaded.name().equals(entry.name()))
          .findFirst()
          .ifPresent(
              loaded -> {
                kept.remove(loaded);
                entries.add(unusable.apply(loaded, entry));
              });
    }
    // An inconsistent one that is gone from the disk has nothing left to be kept.
    open.values().stream()
        .filter(bitmap -> !bitmap.inconsistent())
        .map(missing)
        .forEach(entries::add);
    return entries;
  }

  private static BitmapEntry asItIs(StoredBitmap loaded, StoredBitmap entry) {
    return new Kept(entry, entry.inUse());
  }

  private static BitmapEntry truth(BitmapState bitmap) {
    BitTree bits =
        bitmap
            .successor()
            .map(
                successor -> {
                  BitTree both = bitmap.tree().copy();
                  both.merge(successor);
                  return both;
                })
            .orElse(bitmap.tree());
    return written(bitmap, false, TreeBits.source(bits));
  }

  private static BitmapEntry written(BitmapState bitmap, boolean inUse, BitmapSource bits) {
    return new Written(bitmap.name(), bitmap.tree().granularity(), bitmap.enabled(), inUse, bits);
  }
}
