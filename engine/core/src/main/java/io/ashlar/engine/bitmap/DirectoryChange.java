package io.ashlar.engine.bitmap;

import java.util.Set;

/**
 * A change of the bitmaps as the image and its journal see it.
 *
 * @param before the bitmaps as they are
 * @param next what becomes of them
 * @param grows stored bitmaps get bits that are in no write, or there are more of them
 * @param shrinks stored bitmaps lose bits, stop to record, or are gone
 * @param rewrites the image's directory gets or loses an entry
 * @param fresh names whose present entries belong to a bitmap that is gone
 */
record DirectoryChange(
    DirectoryState before,
    DirectoryState next,
    boolean grows,
    boolean shrinks,
    boolean rewrites,
    Set<String> fresh) {
  /** Of one command. */
  static DirectoryChange of(DirectoryState before, BitmapStep step) {
    return new DirectoryChange(
        before, step.next(), step.grows(), step.shrinks(), step.rewrites(), Set.of());
  }

  /** Whether the journal needs to hear of it. */
  boolean counts() {
    return grows || shrinks;
  }
}
