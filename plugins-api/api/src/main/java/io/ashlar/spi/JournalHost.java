package io.ashlar.spi;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A node over storage that can say where the engine may keep a journal beside an image in it; an
 * ability that a node may have. Filters need not have it: the engine looks through them.
 */
public interface JournalHost {
  /** The place as of now. */
  JournalPlace journalPlace();

  /**
   * When the storage was changed last, by the clock of its file system: nanoseconds since 1970, or
   * -1 when nobody can tell.
   */
  default long changedNanos() {
    return -1;
  }

  /**
   * Where a journal may lie.
   *
   * @param image the file that holds the image; the journal goes beside it, under its name with a
   *     suffix. Empty when there is no such place
   * @param identity what tells the storage from all other, as {@link OpenFile#identity}
   * @param reason why there is no place, part of a sentence; empty when there is one
   */
  record JournalPlace(Optional<Path> image, String identity, String reason) {
    /** Beside a file. */
    public static JournalPlace beside(Path image, String identity) {
      return new JournalPlace(Optional.of(image), identity, "");
    }

    /** Nowhere, unless the user names a place. */
    public static JournalPlace none(String identity, String reason) {
      return new JournalPlace(Optional.empty(), identity, reason);
    }
  }
}
