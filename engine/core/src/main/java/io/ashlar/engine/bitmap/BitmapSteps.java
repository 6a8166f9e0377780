package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.BitmapStep.Effect;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
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
 * The {@code block-dirty-bitmap-*} commands as steps from one state to the next; whatever forbids a
 * command is found here. The image is asked for its limits and nothing else.
 *
 * @param checks what may be done in the present state
 * @param disk knows the limits of the image
 */
record BitmapSteps(BitmapChecks checks, StoredDirectory disk) {
  private static final String ADD = "block-dirty-bitmap-add";
  private static final String REMOVE = "block-dirty-bitmap-remove";
  private static final String CLEAR = "block-dirty-bitmap-clear";
  private static final String ENABLE = "block-dirty-bitmap-enable";
  private static final String DISABLE = "block-dirty-bitmap-disable";
  private static final String MERGE = "block-dirty-bitmap-merge";
  private static final int MAX_NAME = 1023;
  private static final long DEFAULT_GRANULARITY = 65_536;

  static BitmapSteps of(String node, DirectoryState state, StoredDirectory disk) {
    return new BitmapSteps(new BitmapChecks(node, state), disk);
  }

  private DirectoryState state() {
    return checks.state();
  }

  BitmapStep add(String name, Bitmaps.Settings settings, long defaultGranularity) {
    checks.requireActive();
    requireName(name);
    if (state().generation().find(name).isPresent() || state().unusable(name).isPresent()) {
      throw checks.error(
          ErrorCode.BITMAP_EXISTS, name, "exists already; remove it or choose another name");
    }
    long granularity = settings.granularity();
    if (granularity == 0) {
      granularity = defaultGranularity > 0 ? defaultGranularity : DEFAULT_GRANULARITY;
    }
    BitTree tree = new BitTree(state().length(), granularity);
    BitmapState bitmap = BitmapState.of(name, tree, settings.persistent(), !settings.disabled());
    if (bitmap.persistent()) {
      requireStorable(bitmap);
    }
    return new BitmapStep(
        ADD,
        BitmapStep.of(bitmap, new BitmapAdded(name, tree.granularity(), bitmap.enabled())),
        state().with(state().generation().add(bitmap).next()),
        () -> {},
        bitmap.persistent(),
        bitmap.persistent(),
        BitmapStep.of(bitmap, Effect.GROWS));
  }

  BitmapStep remove(String name) {
    checks.requireActive();
    BitmapState bitmap = state().generation().find(name).orElse(null);
    if (bitmap == null) {
      return removeUnusable(state().unusable(name).orElseThrow(() -> checks.notFound(name)));
    }
    checks.free(bitmap);
    checks.requireWritable(bitmap);
    return new BitmapStep(
        REMOVE,
        BitmapStep.of(bitmap, new BitmapRemoved(name)),
        state().with(state().generation().remove(name).next()),
        () -> {},
        false,
        bitmap.persistent(),
        BitmapStep.of(bitmap, Effect.SHRINKS));
  }

  private BitmapStep removeUnusable(StoredBitmap entry) {
    if (!state().writable()) {
      throw checks.readOnly(entry.name());
    }
    List<StoredBitmap> rest = new ArrayList<>(state().preserved());
    rest.remove(entry);
    return new BitmapStep(
        REMOVE,
        List.of(new BitmapRemoved(entry.name())),
        state().withPreserved(rest),
        () -> {},
        false,
        true,
        Effect.NONE);
  }

  BitmapStep clear(String name) {
    BitmapState bitmap = checks.changeable(name);
    return BitmapStep.changing(
        CLEAR,
        state(),
        bitmap,
        new BitmapCleared(name),
        state().generation().clear(name),
        Effect.SHRINKS);
  }

  BitmapStep setEnabled(String name, boolean enabled) {
    BitmapState bitmap = checks.changeable(name);
    String by = enabled ? ENABLE : DISABLE;
    if (bitmap.enabled() == enabled) {
      return BitmapStep.none(by, state());
    }
    BitmapFact fact = enabled ? new BitmapEnabled(name) : new BitmapDisabled(name);
    return BitmapStep.changing(
        by,
        state(),
        bitmap,
        fact,
        state().generation().enable(name, enabled),
        enabled ? Effect.GROWS : Effect.SHRINKS);
  }

  /**
   * The target keeps its bits unless all sources can be merged; without sources nothing happens.
   *
   * @param names of the sources, each as {@code node/bitmap}
   */
  BitmapStep merge(String target, List<BitTree> sources, List<String> names) {
    BitmapState bitmap = checks.changeable(target);
    for (BitTree source : sources) {
      if (source.length() != bitmap.tree().length()) {
        throw checks.error(
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
      return BitmapStep.none(MERGE, state());
    }
    return BitmapStep.changing(
        MERGE,
        state(),
        bitmap,
        new BitmapsMerged(target, names),
        state().generation().merge(target, sources),
        Effect.GROWS);
  }

  /**
   * A job takes the bitmap: frozen, with a successor that records.
   *
   * @param keeps the job will not change it, so it may be one that cannot be written
   */
  BitmapStep freeze(String name, String owner, boolean keeps) {
    BitmapState bitmap = checks.free(checks.find(name));
    if (!keeps) {
      checks.requireWritable(bitmap);
    }
    checks.consistent(bitmap);
    DirectoryState next =
        state().with(state().generation().createSuccessor(name).next()).withOwner(name, owner);
    // The end of the job may change the bitmap; that the image cannot be told shows now.
    return new BitmapStep(
        owner,
        BitmapStep.of(bitmap, new BitmapFrozen(name, owner)),
        next,
        () -> {},
        !keeps && bitmap.persistent(),
        false,
        Effect.NONE);
  }

  private void requireStorable(BitmapState bitmap) {
    String name = bitmap.name();
    if (state().damage() != null) {
      throw checks.error(
          ErrorCode.IMAGE_CORRUPT,
          name,
          "cannot be stored, the image's bitmap directory is damaged: "
              + state().damage()
              + "; copy the image with qemu-img convert");
    }
    if (!disk.keepsBitmaps()) {
      throw checks.error(
          ErrorCode.NOT_SUPPORTED,
          name,
          "cannot be stored, the node's driver keeps no bitmaps; add it with persistent=false");
    }
    if (!state().writable()) {
      throw checks.readOnly(name);
    }
    disk.checkStorable(name, bitmap.tree().granularity(), bitmap.tree().length());
  }

  private void requireName(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > MAX_NAME || name.indexOf('\0') >= 0) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "a bitmap of node '"
              + checks.node()
              + "' cannot be named '"
              + Texts.printable(name)
              + "': names have 1 to 1023 bytes and no NUL");
    }
  }
}
