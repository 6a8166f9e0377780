package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.journal.BitmapFact;
import java.util.List;

/**
 * What one command makes of a node's bitmaps: worked out, nothing touched.
 *
 * @param by the command or job
 * @param facts what the image's history is told; empty when the image keeps nothing of it
 * @param next the bitmaps afterwards
 * @param fill fills new trees, when nobody sets bits in the old ones any more
 * @param diverges memory will differ from what the image has stored, which must be IN_USE before
 * @param rewrites the image's directory gets or loses an entry
 * @param effect on what a crash must not lose
 */
record BitmapStep(
    String by,
    List<BitmapFact> facts,
    DirectoryState next,
    Runnable fill,
    boolean diverges,
    boolean rewrites,
    Effect effect) {
  /** What becomes of the bits and bitmaps that the image's journal has to know. */
  enum Effect {
    /** Only what writes do. */
    NONE,
    /** More bits than those of writes, or more bitmaps. */
    GROWS,
    /** Fewer, or a bitmap that does not record any more. */
    SHRINKS
  }

  boolean grows() {
    return effect == Effect.GROWS;
  }

  boolean shrinks() {
    return effect == Effect.SHRINKS;
  }

  /** Nothing changes. */
  static BitmapStep none(String by, DirectoryState state) {
    return new BitmapStep(by, List.of(), state, () -> {}, false, false, Effect.NONE);
  }

  /** The bits or the flags of one bitmap change. */
  static BitmapStep changing(
      String by,
      DirectoryState state,
      BitmapState bitmap,
      BitmapFact fact,
      Change change,
      Effect effect) {
    return new BitmapStep(
        by,
        of(bitmap, fact),
        state.with(change.next()),
        change.fill(),
        bitmap.persistent(),
        false,
        of(bitmap, effect));
  }

  /** An effect, if the image keeps the bitmap. */
  static Effect of(BitmapState bitmap, Effect effect) {
    return bitmap.persistent() ? effect : Effect.NONE;
  }

  /** A fact of the history, if the image keeps the bitmap. */
  static List<BitmapFact> of(BitmapState bitmap, BitmapFact fact) {
    return bitmap.persistent() ? List.of(fact) : List.of();
  }
}
