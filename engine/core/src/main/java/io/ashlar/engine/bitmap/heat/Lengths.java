package io.ashlar.engine.bitmap.heat;

/**
 * The lengths that an image may have: the one it had, and while its length is being changed the one
 * it is to get.
 *
 * @param length in bytes
 * @param next in bytes; {@link #NONE} while nothing changes it, {@link #ANY} when nobody knows yet
 */
public record Lengths(long length, long next) {
  /** There is no other length. */
  public static final long NONE = -1;

  /** The other length may be any. */
  public static final long ANY = -2;

  /** Of an image whose length stays. */
  public static Lengths of(long length) {
    return new Lengths(length, NONE);
  }

  /** Whether an image of that length is meant. */
  public boolean fits(long found) {
    return found == length || next == ANY || (next != NONE && found == next);
  }
}
