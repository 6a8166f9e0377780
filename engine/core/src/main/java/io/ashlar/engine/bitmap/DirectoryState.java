package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a node's directory knows between two changes; immutable, but for the bits.
 *
 * @param generation the bitmaps, inconsistent ones included
 * @param preserved stored entries that cannot be used, each with its reason; kept as they are
 * @param owners who holds a busy bitmap, by its name
 * @param writable the node may be written
 * @param length of the node in bytes
 * @param active false while somebody else may have the image
 * @param damage why the image's directory cannot be read at all, or {@code null}
 */
record DirectoryState(
    Generation generation,
    List<StoredBitmap> preserved,
    Map<String, String> owners,
    boolean writable,
    long length,
    boolean active,
    String damage) {
  /** Stands for the directory in listings when it cannot be read. */
  static final String DAMAGED_DIRECTORY = "(bitmap directory)";

  /** What helps an inconsistent bitmap. */
  static final String CURE = "; remove it and take a full backup";

  private static final String WAS_IN_USE =
      "it was in use when the image was last left, so writes may be missing in it";

  /** Before the node is open. */
  static final DirectoryState UNOPENED =
      new DirectoryState(Generation.of(List.of()), List.of(), Map.of(), false, 0, true, null);

  DirectoryState {
    preserved = List.copyOf(preserved);
    owners = Map.copyOf(owners);
  }

  DirectoryState with(Generation next) {
    return new DirectoryState(next, preserved, owners, writable, length, active, damage);
  }

  DirectoryState withPreserved(List<StoredBitmap> next) {
    return new DirectoryState(generation, next, owners, writable, length, active, damage);
  }

  DirectoryState withOwner(String name, String owner) {
    Map<String, String> next = new HashMap<>(owners);
    next.put(name, owner);
    return new DirectoryState(generation, preserved, next, writable, length, active, damage);
  }

  DirectoryState withoutOwner(String name) {
    Map<String, String> next = new HashMap<>(owners);
    next.remove(name);
    return new DirectoryState(generation, preserved, next, writable, length, active, damage);
  }

  DirectoryState withWritable(boolean next) {
    return new DirectoryState(generation, preserved, owners, next, length, active, damage);
  }

  DirectoryState withLength(long next) {
    return new DirectoryState(generation, preserved, owners, writable, next, active, damage);
  }

  /** Without what the image keeps: only the image knows that while it may be somebody else's. */
  DirectoryState inactivated() {
    List<BitmapState> kept =
        generation.bitmaps().stream().filter(bitmap -> !bitmap.persistent()).toList();
    return new DirectoryState(Generation.of(kept), List.of(), owners, false, length, false, null);
  }

  /** The stored entry of that name that cannot be used. */
  Optional<StoredBitmap> unusable(String name) {
    return preserved.stream().filter(e -> e.name().equals(name)).findFirst();
  }

  /** Whether the image has a bitmap that this node may bring up to date. */
  boolean storesUsable() {
    return stored() > 0;
  }

  /** Whether the image has any bitmap, usable or not. */
  boolean keptInImage() {
    return !preserved.isEmpty() || generation.bitmaps().stream().anyMatch(BitmapState::persistent);
  }

  /** How many bitmaps of the image this node may bring up to date. */
  int stored() {
    return (int)
        generation.bitmaps().stream().filter(b -> b.persistent() && !b.inconsistent()).count();
  }

  /**
   * As queries show it, in the order of adding, unusable ones last.
   *
   * @param log knows more of inconsistent ones
   */
  List<BitmapInfo> infos(boolean armed, LifecycleLog log) {
    List<BitmapInfo> infos = new ArrayList<>();
    for (BitmapState bitmap : generation.bitmaps()) {
      infos.add(info(bitmap, armed, log));
    }
    for (StoredBitmap entry : preserved) {
      infos.add(
          new BitmapInfo(
              entry.name(),
              entry.granularity(),
              0,
              false,
              false,
              true,
              true,
              entry.inUse(),
              null,
              entry.unusable()));
    }
    if (damage != null) {
      infos.add(
          new BitmapInfo(DAMAGED_DIRECTORY, 0, 0, false, false, true, true, false, null, damage));
    }
    return infos;
  }

  static BitmapInfo info(BitmapState bitmap, boolean armed, LifecycleLog log) {
    return new BitmapInfo(
        bitmap.name(),
        bitmap.tree().granularity(),
        bitmap.inconsistent() ? 0 : bitmap.tree().dirtyBytes(),
        bitmap.recording(),
        bitmap.busy(),
        bitmap.persistent(),
        bitmap.inconsistent(),
        bitmap.inconsistent() || (bitmap.persistent() && armed),
        bitmap.recovery(),
        bitmap.inconsistent() ? wasInUse(bitmap, log) : null);
  }

  private static String wasInUse(BitmapState bitmap, LifecycleLog log) {
    String reason = (bitmap.reason() == null ? WAS_IN_USE : bitmap.reason()) + CURE;
    return log.story(bitmap.name()).map(story -> reason + "; " + story).orElse(reason);
  }
}
