package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.file.Path;

/**
 * The journal cannot be trusted. Nothing of it is used then: bitmaps that only it could vouch for
 * are inconsistent.
 */
public final class JournalDamagedException extends BlockException {
  private static final long serialVersionUID = 1L;

  private final Damage damage;
  private final long offset;

  JournalDamagedException(Path path, Damage damage, long offset, String what) {
    super(
        ErrorCode.JOURNAL_DAMAGED,
        "journal '%s' is damaged at byte %d: %s; it is not used, and bitmaps that were in use need a full backup"
            .formatted(Texts.printable(path.toString()), offset, what));
    this.damage = damage;
    this.offset = offset;
  }

  /** What is wrong. */
  public Damage damage() {
    return damage;
  }

  /** Where, in bytes from the start of the file. */
  public long offset() {
    return offset;
  }
}
