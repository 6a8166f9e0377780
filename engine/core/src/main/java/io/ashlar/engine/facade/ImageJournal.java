package io.ashlar.engine.facade;

import io.ashlar.engine.api.ImageHistory;
import io.ashlar.engine.journal.HistoryReader;
import io.ashlar.engine.journal.JournalPlacement;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;

/** The history of an image that is not necessarily open. */
public final class ImageJournal {
  private ImageJournal() {}

  /**
   * Reads the journal beside an image, or the journal itself when that is what was named.
   *
   * @throws BlockException FILE_NOT_FOUND naming the place that was looked at
   */
  public static ImageHistory read(FileIo files, Path image) {
    Path journal =
        image.toString().endsWith(JournalPlacement.SUFFIX)
            ? image
            : JournalPlacement.beside(located(files, image));
    if (!files.exists(journal)) {
      throw new BlockException(
          ErrorCode.FILE_NOT_FOUND,
          "'"
              + image
              + "' has no journal: there is no file '"
              + journal
              + "'. It is made when a read-write open finds a persistent bitmap, or one is added;"
              + " if a journal was named by the node's option 'journal', name that file");
    }
    return HistoryReader.read(files, journal);
  }

  /** Through symbolic links, as the engine does when it makes the journal. */
  private static Path located(FileIo files, Path image) {
    try (OpenFile file = files.open(image, FileIo.Access.READ_ONLY)) {
      return file.location().orElse(image);
    }
  }
}
