package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapsMerged;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code block-dirty-bitmap-*} commands: each happens whole or not at all. What a stored bitmap
 * says is marked IN_USE before memory differs from it; what was promised to be in the image is
 * there before the answer.
 */
final class BitmapChanges {
  private static final String ADD = "block-dirty-bitmap-add";
  private static final String REMOVE = "block-dirty-bitmap-remove";
  private static final int MAX_NAME = 1023;
  private static final long DEFAULT_GRANULARITY = 65_536;

  private final Desk desk;

  BitmapChanges(Desk desk) {
    this.desk = desk;
  }

  /** A persistent one is in the image's directory, empty and IN_USE, when this returns. */
  BitmapInfo add(String name, Bitmaps.Settings settings, long defaultGranularity) {
    requireName(name);
    DirectoryState state = desk.state();
    if (state.generation().find(name).isPresent() || state.unusable(name).isPresent()) {
      throw desk.error(
          ErrorCode.BITMAP_EXISTS, name, "exists already; remove it or choose another name");
    }
    long granularity = settings.granularity();
    if (granularity == 0) {
      granularity = defaultGranularity > 0 ? defaultGranularity : DEFAULT_GRANULARITY;
    }
    BitTree tree = new BitTree(state.length(), granularity);
    BitmapState bitmap = BitmapState.of(name, tree, settings.persistent(), !settings.disabled());
    if (bitmap.persistent()) {
      requireStorable(bitmap);
    }
    Change change = state.generation().add(bitmap);
    desk.diverge(bitmap);
    if (bitmap.persistent()) {
      desk.disk().ready(ADD);
    }
    desk.recorded(
        ADD,
        bitmap,
        new BitmapAdded(name, tree.granularity(), bitmap.enabled()),
        () -> desk.apply(change, rewriteFor(bitmap, change.next(), state.preserved())));
    return DirectoryState.info(bitmap, desk.disk().armed(), desk.log());
  }

  /** A persistent one is out of the image's directory when this returns; false for none. */
  boolean remove(String name) {
    DirectoryState state = desk.state();
    BitmapState bitmap = state.generation().find(name).orElse(null);
    if (bitmap == null) {
      return state.unusable(name).map(this::removeUnusable).orElse(false);
    }
    desk.free(bitmap);
    desk.requireWritable(bitmap);
    Change change = state.generation().remove(name);
    desk.recorded(
        REMOVE,
        bitmap,
        new BitmapRemoved(name),
        () -> desk.apply(change, rewriteFor(bitmap, change.next(), state.preserved())));
    return true;
  }

  void clear(String name) {
    BitmapState bitmap = desk.changeable(name);
    desk.diverge(bitmap);
    desk.recorded(
        "block-dirty-bitmap-clear",
        bitmap,
        new BitmapCleared(name),
        () -> desk.apply(desk.state().generation().clear(name)));
  }

  void setEnabled(String name, boolean enabled) {
    BitmapState bitmap = desk.changeable(name);
    if (bitmap.enabled() == enabled) {
      return;
    }
    desk.diverge(bitmap);
    BitmapFact fact = enabled ? new BitmapEnabled(name) : new BitmapDisabled(name);
    desk.recorded(
        enabled ? "block-dirty-bitmap-enable" : "block-dirty-bitmap-disable",
        bitmap,
        fact,
        () -> desk.apply(desk.state().generation().enable(name, enabled)));
  }

  /**
   * The target keeps its bits unless all sources can be merged.
   *
   * @param names of the sources, each as {@code node/bitmap}
   */
  void merge(String target, List<BitTree> sources, List<String> names) {
    BitmapState bitmap = desk.changeable(target);
    for (BitTree source : sources) {
      if (source.length() != bitmap.tree().length()) {
        throw desk.error(
            ErrorCode.INVALID_OPTION,
            target,
            "covers "
                + bitmap.tree().length()
                + " bytes and a bitmap to be merged covers "
                + source.length()
                + "; merge bitmaps of disks of one length");
      }
    }
    if (sources.isEmpty()) {
      return;
    }
    desk.diverge(bitmap);
    desk.recorded(
        "block-dirty-bitmap-merge",
        bitmap,
        new BitmapsMerged(target, names),
        () -> desk.apply(desk.state().generation().merge(target, sources)));
  }

  /** Stable bits of a bitmap and its successor, while writers and changes go on; any thread. */
  BitTree snapshot(String name) {
    BitmapState bitmap = desk.consistent(desk.find(name));
    BitTree copy = bitmap.tree().copy();
    bitmap.successor().ifPresent(copy::merge);
    return copy;
  }

  private boolean removeUnusable(StoredBitmap entry) {
    DirectoryState state = desk.state();
    if (!state.writable()) {
      throw desk.readOnly(entry.name());
    }
    List<StoredBitmap> rest = new ArrayList<>(state.preserved());
    rest.remove(entry);
    desk.log()
        .record(
            REMOVE,
            new BitmapRemoved(entry.name()),
            () -> desk.disk().replace(Layouts.keep(state.generation(), rest)));
    desk.publish(state.withPreserved(rest));
    return true;
  }

  private Runnable rewriteFor(BitmapState bitmap, Generation next, List<StoredBitmap> preserved) {
    return bitmap.persistent()
        ? () -> desk.disk().replace(Layouts.keep(next, preserved))
        : () -> {};
  }

  private void requireStorable(BitmapState bitmap) {
    DirectoryState state = desk.state();
    String name = bitmap.name();
    if (state.damage() != null) {
      throw desk.error(
          ErrorCode.IMAGE_CORRUPT,
          name,
          "cannot be stored, the image's bitmap directory is damaged: "
              + state.damage()
              + "; copy the image with qemu-img convert");
    }
    if (!desk.disk().keepsBitmaps()) {
      throw desk.error(
          ErrorCode.NOT_SUPPORTED,
          name,
          "cannot be stored, the node's driver keeps no bitmaps; add it with persistent=false");
    }
    if (!state.writable()) {
      throw desk.readOnly(name);
    }
    desk.disk().checkStorable(name, bitmap.tree().granularity(), bitmap.tree().length());
  }

  private void requireName(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > MAX_NAME || name.indexOf('\0') >= 0) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "a bitmap of node '"
              + desk.node()
              + "' cannot be named '"
              + Texts.printable(name)
              + "': names have 1 to 1023 bytes and no NUL");
    }
  }
}
