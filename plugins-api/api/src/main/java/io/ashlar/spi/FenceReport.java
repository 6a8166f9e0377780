package io.ashlar.spi;

/** What an image says of its {@link Fence}. */
public sealed interface FenceReport {
  /** There is none: the image is sealed, or was never armed by Ashlar with a journal. */
  record None() implements FenceReport {}

  /** It is as it was put in: no program that keeps to the format has written since. */
  record Whole(Fence fence) implements FenceReport {}

  /**
   * Something of it is missing or was changed, so another program may have written.
   *
   * @param reason what, as part of a sentence
   */
  record Broken(String reason) implements FenceReport {}

  /** There is none. */
  FenceReport NONE = new None();
}
