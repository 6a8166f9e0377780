package io.ashlar.engine.option;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.Texts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;

/**
 * The one place where a name inside an image may become a file: a plain relative name of a regular
 * file under a directory that the caller allows, symbolic links followed, with a format that the
 * image states and that is qcow2 or raw. Everything else is refused with REFERENCE_UNMAPPED, a file
 * that is not there with FILE_NOT_FOUND.
 */
public final class ReferenceDirectory {
  private static final Set<String> FORMATS = Set.of("qcow2", "raw");

  private final Path directory;

  /** Names mean files under this directory. */
  public ReferenceDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The file that a name means.
   *
   * @param image the image that has the name, for messages
   */
  public Path resolve(ImageReference reference, Path image) {
    if (reference.format() == null || !FORMATS.contains(reference.format())) {
      throw refusal(reference, image, "the image does not say that its format is qcow2 or raw");
    }
    String name = reference.name();
    int colon = name.indexOf(':');
    int slash = name.indexOf('/');
    if (name.isEmpty() || colon >= 0 && (slash < 0 || colon < slash)) {
      throw refusal(reference, image, "only plain file names are followed");
    }
    try {
      Path relative = Path.of(name);
      Path root = directory.toRealPath();
      if (relative.isAbsolute()) {
        throw refusal(reference, image, "only names relative to the directory are followed");
      }
      Path file = root.resolve(relative).toRealPath();
      if (!file.startsWith(root)) {
        throw refusal(reference, image, "it leads out of " + root);
      }
      if (!Files.isRegularFile(file)) {
        throw refusal(reference, image, "it is not a regular file");
      }
      return file;
    } catch (InvalidPathException e) {
      throw refusal(reference, image, "this is not the name of a file");
    } catch (NoSuchFileException e) {
      throw new BlockException(
          ErrorCode.FILE_NOT_FOUND,
          words(reference, image, "there is no such file under " + directory),
          e);
    } catch (IOException e) {
      throw refusal(reference, image, "it cannot be reached: " + e.getMessage());
    }
  }

  /** The path of an image without links, to recognise it when a chain comes back to it. */
  public static Path real(Path image) {
    try {
      return image.toRealPath();
    } catch (IOException e) {
      throw new BlockException(
          ErrorCode.FILE_NOT_FOUND, "there is no file '" + image + "' to open", e);
    }
  }

  private static BlockException refusal(ImageReference reference, Path image, String why) {
    return BlockException.unmapped(words(reference, image, why), reference);
  }

  private static String words(ImageReference reference, Path image, String why) {
    return "image '"
        + image
        + "' names '"
        + Texts.printable(reference.name())
        + "' as its "
        + reference.role()
        + " file: "
        + why;
  }
}
