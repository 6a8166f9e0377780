package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/**
 * Sizes of a journal, in bytes.
 *
 * @param growth by how much the file grows at once; a multiple of 4096
 * @param reserve space kept ready behind the last record, so that a full disk is noticed long
 *     before an append fails; 0 or more
 */
public record JournalSettings(long growth, long reserve) {
  /** Grows by 1 MiB, keeps 256 KiB ready. */
  public static final JournalSettings STANDARD = new JournalSettings(1 << 20, 256 << 10);

  /**
   * Sizes of a journal.
   *
   * @throws BlockException INVALID_OPTION when a size is out of its range
   */
  public JournalSettings {
    if (growth < 4096 || growth % 4096 != 0 || reserve < 0) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          "a journal cannot grow by " + growth + " bytes with " + reserve + " in reserve");
    }
  }
}
