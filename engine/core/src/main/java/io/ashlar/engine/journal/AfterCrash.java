package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.Fence;
import java.util.Map;

/**
 * What an image that a crash left behind wants from its journal. Exactly one of {@link #settle} and
 * {@link #lost} is called.
 */
public interface AfterCrash {
  /** What the image says of its journal; whole. */
  Fence fence();

  /** Sees every record of the journal in order, before {@link #settle}; each call begins anew. */
  RecordVisitor records();

  /**
   * All records were seen.
   *
   * @param journal whose journal it is
   * @param changedNanos when the image was changed last before it was opened, as {@link
   *     ImageTime#openedNanos}
   * @return what the history is to say of bitmaps that are whole again, by their names
   */
  Map<String, String> settle(JournalIdentity journal, long changedNanos);

  /**
   * There is no journal to be read.
   *
   * @param reason why, a sentence
   */
  void lost(String reason);

  /** Whether that is the journal that the image names. */
  default boolean names(JournalIdentity journal) {
    return journal.equals(new JournalIdentity(fence().image(), fence().journal()));
  }
}
