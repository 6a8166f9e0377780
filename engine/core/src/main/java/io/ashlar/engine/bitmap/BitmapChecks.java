package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;

/**
 * What may be done to the bitmaps of a node in one state, with the messages of refusals. Pure.
 *
 * @param node for messages
 * @param state as it is, or as it would be after the steps before
 */
record BitmapChecks(String node, DirectoryState state) {
  /**
   * The bitmap of that name.
   *
   * @throws BlockException BITMAP_NOT_FOUND; BITMAP_INCONSISTENT for an entry that cannot be used;
   *     NODE_INACTIVE
   */
  BitmapState find(String name) {
    requireActive();
    return state
        .generation()
        .find(name)
        .orElseThrow(
            () ->
                state
                    .unusable(name)
                    .map(
                        entry ->
                            error(
                                ErrorCode.BITMAP_INCONSISTENT,
                                name,
                                "cannot be used: " + entry.unusable() + "; remove it"))
                    .orElseGet(() -> notFound(name)));
  }

  /**
   * Somebody else may have the image: nothing is known of its bitmaps, and a new one could clash.
   *
   * @throws BlockException NODE_INACTIVE
   */
  void requireActive() {
    if (!state.active()) {
      throw new BlockException(
          ErrorCode.NODE_INACTIVE,
          "the bitmaps of node '"
              + node
              + "' cannot be used while it is inactive; activate it with blockdev-set-active");
    }
  }

  /**
   * A bitmap that nobody holds and that may differ from its stored copy; QEMU's order of checks.
   */
  BitmapState changeable(String name) {
    BitmapState bitmap = free(find(name));
    requireWritable(bitmap);
    return consistent(bitmap);
  }

  BitmapState free(BitmapState bitmap) {
    if (bitmap.busy()) {
      throw error(
          ErrorCode.BITMAP_BUSY,
          bitmap.name(),
          "is held by "
              + state.owners().getOrDefault(bitmap.name(), "a job or an export")
              + "; wait for its end or cancel it");
    }
    return bitmap;
  }

  void requireWritable(BitmapState bitmap) {
    if (bitmap.persistent() && !state.writable()) {
      throw readOnly(bitmap.name());
    }
  }

  BitmapState consistent(BitmapState bitmap) {
    if (bitmap.inconsistent()) {
      throw error(
          ErrorCode.BITMAP_INCONSISTENT,
          bitmap.name(),
          bitmap.reason() == null
              ? "was not stored cleanly" + DirectoryState.CURE
              : "cannot be used: " + bitmap.reason() + DirectoryState.CURE);
    }
    return bitmap;
  }

  BlockException readOnly(String name) {
    return error(
        ErrorCode.BITMAP_READ_ONLY,
        name,
        "cannot change while the node is read-only; reopen it with read-only=false");
  }

  BlockException notFound(String name) {
    return new BlockException(
        ErrorCode.BITMAP_NOT_FOUND,
        "node '"
            + node
            + "' has no bitmap '"
            + Texts.printable(name)
            + "'; it has "
            + state.generation().bitmaps().stream().map(b -> Texts.printable(b.name())).toList());
  }

  BlockException error(ErrorCode code, String bitmap, String what) {
    return new BlockException(
        code, "bitmap '" + Texts.printable(bitmap) + "' of node '" + node + "' " + what);
  }
}
