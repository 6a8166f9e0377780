package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/** The node has no bitmaps and counts no writers: the first bitmap needs the node quiesced. */
public final class DormantException extends BlockException {
  private static final long serialVersionUID = 1L;

  /** For the node of that name. */
  public DormantException(String node) {
    super(
        ErrorCode.INTERNAL,
        "node '"
            + node
            + "' counts no writers; its first bitmap must be added while it is quiesced");
  }
}
