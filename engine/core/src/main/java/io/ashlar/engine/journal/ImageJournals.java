package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** Opens journals by their place. */
public interface ImageJournals {
  /** A journal that is open for writing, by nobody else. */
  interface Opened {
    /** Under which its actor keeps events. */
    String persistenceId();

    /** With what its actor keeps them. */
    JournalPlugins plugins();

    /** Why it keeps nothing any more, if it does not. */
    Optional<BlockException> failure();

    /**
     * Lets go of it for a while: others may open it, and its actor must keep nothing meanwhile.
     *
     * @throws BlockException it has failed or was closed; close it
     */
    void suspend();

    /**
     * Takes it up again where it was let go.
     *
     * @return false when anybody may have touched it meanwhile; close it then and open it anew
     * @throws BlockException it cannot be opened, or was closed; the same holds
     */
    boolean resume();

    /** The journal for records of other kinds. */
    default Optional<ImageRecords> records() {
      return Optional.empty();
    }

    /** Closes it; blocks until the last write has returned. Idempotent. */
    void close();
  }

  /**
   * Opens the journal of an image, or begins one where there is no file.
   *
   * @param image whose it must be
   * @throws io.ashlar.spi.BlockException when it is damaged, belongs to another image, is in use,
   *     or cannot be opened or made; nothing there was changed
   */
  default Opened open(Path place, UUID image) {
    return open(place, image, null);
  }

  /**
   * The same for an image that names its journal: that one is opened, wherever the image is by now.
   *
   * @param crash sees the records of the journal that the image names, and is told when there is
   *     another one or none; {@code null} when the image names none
   */
  Opened open(Path place, UUID image, AfterCrash crash);

  /**
   * Reads the journal that an image names, and changes nothing.
   *
   * @return whose journal it is
   * @throws io.ashlar.spi.BlockException when there is none or it cannot be read
   */
  default JournalIdentity read(Path place, AfterCrash crash) {
    throw new BlockException(ErrorCode.NOT_SUPPORTED, "journal '" + place + "' cannot be read");
  }
}
