package io.ashlar.spi;

import java.util.Optional;

/**
 * One entry of an image's bitmap directory.
 *
 * @param index its place in the directory
 * @param name its name; bytes that are no valid UTF-8 are shown as {@code %XX}
 * @param granularity bytes per bit
 * @param inUse IN_USE: the stored bits are out of date
 * @param enabled AUTO: it records writes
 * @param unusable why the entry cannot be used, or {@code null}; such an entry is kept byte for
 *     byte and can be removed
 */
public record StoredBitmap(
    int index, String name, long granularity, boolean inUse, boolean enabled, String unusable) {
  /** Why the entry cannot be used. */
  public Optional<String> unusableReason() {
    return Optional.ofNullable(unusable);
  }
}
