package io.ashlar.engine.journal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Where the journal of an image belongs, and whose it must be.
 *
 * @param path the file; {@code null} for none
 * @param image the image's identity; {@code null} for none
 * @param none why there is no place, part of a sentence; empty when nobody needs to hear of it
 */
public record JournalPlacement(Path path, UUID image, String none) {
  /** Behind the name of an image. */
  public static final String SUFFIX = ".ashlar-journal";

  /** Where the journal of the image in a file belongs when nobody says otherwise. */
  public static Path beside(Path image) {
    return image.resolveSibling(image.getFileName() + SUFFIX);
  }

  /** A place. */
  public static JournalPlacement at(Path path, UUID image) {
    return new JournalPlacement(path, image, "");
  }

  /** No place. */
  public static JournalPlacement none(String why) {
    return new JournalPlacement(null, null, why);
  }

  /**
   * The identity of an image that carries none: made from what stays the same as long as it is the
   * same image. Two facts together, for neither is enough: a file's number is given away again when
   * the file is gone, and images of one shape are many.
   *
   * @param file what distinguishes the file, such as its inode
   * @param shape what the format never changes in place, such as the cluster size
   */
  public static UUID identity(String file, String shape) {
    return UUID.nameUUIDFromBytes(
        ("ashlar image 1\n" + file + "\n" + shape).getBytes(StandardCharsets.UTF_8));
  }
}
