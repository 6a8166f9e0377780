package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.OpenContext;
import java.util.function.BooleanSupplier;

/**
 * Damage that was found in an open image (section 17). A writable one refuses writes from then on,
 * and is marked.
 */
final class Damage implements Corruption {
  private final OpenContext context;
  private final BooleanSupplier writable;
  private final Runnable mark;
  private volatile BlockException found;
  private volatile boolean reported;

  /**
   * No damage.
   *
   * @param writable whether writes are served
   * @param mark marks the image on disk; may fail
   */
  Damage(OpenContext context, BooleanSupplier writable, Runnable mark) {
    this.context = context;
    this.writable = writable;
    this.mark = mark;
  }

  /**
   * Refuses a write on a read-only or corrupt image.
   *
   * @throws BlockException READ_ONLY or IMAGE_CORRUPT
   */
  void requireWritable() {
    if (!writable.getAsBoolean()) {
      throw new BlockException(
          ErrorCode.READ_ONLY, "node '" + context.nodeName() + "' is read-only");
    }
    requireNone();
  }

  /**
   * Refuses a write of metadata since damage was found.
   *
   * @throws BlockException IMAGE_CORRUPT
   */
  void requireNone() {
    BlockException cause = found;
    if (cause != null) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "node '"
              + context.nodeName()
              + "' refuses writes since damage was found: "
              + cause.getMessage(),
          cause);
    }
  }

  /** Whether damage was found while the image was writable. */
  boolean found() {
    return found != null;
  }

  /** A repair left nothing of it. */
  void mended() {
    found = null;
  }

  @Override
  public BlockException fatal(String message, long offset) {
    BlockException error =
        new BlockException(
            ErrorCode.IMAGE_CORRUPT,
            "node '"
                + context.nodeName()
                + "': qcow2 image is corrupt: "
                + message
                + "; repair it with ashlar check -r all");
    if (found != null) {
      return error;
    }
    if (!writable.getAsBoolean()) {
      if (!reported) {
        reported = true; // further ones are not told, for a guest may read on and on
        context.report(new NodeEvent.ImageCorrupted(message, offset, false));
      }
      return error;
    }
    found = error;
    context.report(new NodeEvent.ImageCorrupted(message, offset, true));
    try {
      mark.run();
    } catch (BlockException e) {
      error.addSuppressed(e); // the requester hears of both
    }
    return error;
  }
}
