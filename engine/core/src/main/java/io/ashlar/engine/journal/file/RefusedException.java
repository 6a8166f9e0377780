package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/** An append is refused before anything was written, and the journal goes on. */
final class RefusedException extends BlockException {
  private static final long serialVersionUID = 1L;

  RefusedException(ErrorCode code, String message, Throwable cause) {
    super(code, message, cause);
  }
}
