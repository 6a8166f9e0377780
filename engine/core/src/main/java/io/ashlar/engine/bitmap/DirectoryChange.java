package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import java.util.Set;
import java.util.stream.Collectors;

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

  /**
   * New bitmaps in the place of ones that are lost, by name. Until the image has them, their bits
   * must not be known to the journal: a crash would take them for those of the lost ones.
   */
  Set<String> inPlaceOfLost() {
    return fresh.stream().filter(this::isLost).collect(Collectors.toUnmodifiableSet());
  }

  private boolean isLost(String name) {
    return before.unusable(name).isPresent()
        || before.generation().find(name).filter(BitmapState::inconsistent).isPresent();
  }

  /** Whether a stored bitmap that was there and did not record begins to. */
  boolean startsToRecord() {
    return next.generation().bitmaps().stream()
        .filter(bitmap -> bitmap.persistent() && bitmap.recording())
        .flatMap(bitmap -> before.generation().find(bitmap.name()).stream())
        .anyMatch(bitmap -> !bitmap.recording());
  }

  /** Whether the journal has to hear of it once more when it took effect. */
  boolean endsInJournal() {
    return shrinks || !inPlaceOfLost().isEmpty();
  }

  /** Whether the journal needs to hear of it. */
  boolean counts() {
    return grows || shrinks;
  }
}
