package io.ashlar.spi;

/** One entry of a bitmap directory to be written. */
public sealed interface BitmapEntry {
  /**
   * An entry of the present directory, kept with its data and extra bytes.
   *
   * @param stored which one
   * @param inUse IN_USE in the new directory; ignored for unusable entries, which stay byte for
   *     byte
   */
  record Kept(StoredBitmap stored, boolean inUse) implements BitmapEntry {}

  /**
   * An entry with new content; it replaces a present one of the same name that is not itself kept.
   *
   * @param name 1 to 1023 bytes of UTF-8 without NUL
   * @param granularity bytes per bit, a power of two
   * @param enabled AUTO
   * @param inUse IN_USE
   * @param bits its content
   */
  record Written(String name, long granularity, boolean enabled, boolean inUse, BitmapSource bits)
      implements BitmapEntry {}
}
