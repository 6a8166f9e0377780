package io.ashlar.engine.api;

/**
 * How {@link Ashlar#open} opens an image.
 *
 * @param format the driver; never guessed
 * @param writable read-write
 * @param allowReferencesUnder a directory (plain file names inside images mean files there), or
 *     {@code null}: a name in an image opens nothing
 */
public record OpenOptions(
    String format, boolean writable, java.nio.file.Path allowReferencesUnder) {
  /** Read-only, references refused. */
  public static OpenOptions reader(String format) {
    return new OpenOptions(format, false, null);
  }

  /** Read-write, references refused. */
  public static OpenOptions writer(String format) {
    return new OpenOptions(format, true, null);
  }
}
