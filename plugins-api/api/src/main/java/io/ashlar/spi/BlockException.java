package io.ashlar.spi;

import java.util.Optional;

/**
 * The one exception of Ashlar: a {@linkplain ErrorCode code} to switch on, and one sentence that
 * names the node or file and the cure. It is unchecked so that it passes through lambdas and
 * futures as it is.
 */
public class BlockException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final transient ImageReference reference;

  /** An error with its code and one sentence for people. */
  public BlockException(ErrorCode code, String message) {
    this(code, message, null, null);
  }

  /** An error that another one caused. */
  public BlockException(ErrorCode code, String message, Throwable cause) {
    this(code, message, cause, null);
  }

  private BlockException(
      ErrorCode code, String message, Throwable cause, ImageReference reference) {
    super(message, cause);
    this.code = code;
    this.reference = reference;
  }

  /**
   * The image names another file and the caller said nothing about it.
   *
   * @param reference the name as it stands in the image; it is never opened because of standing
   *     there
   */
  public static BlockException unmapped(String message, ImageReference reference) {
    return new BlockException(ErrorCode.REFERENCE_UNMAPPED, message, null, reference);
  }

  /** What went wrong. */
  public ErrorCode code() {
    return code;
  }

  /** Whose turn it is to act. */
  public ErrorKind kind() {
    return code.kind();
  }

  /**
   * The name inside an image that nobody mapped, with {@link ErrorCode#REFERENCE_UNMAPPED} only.
   */
  public Optional<ImageReference> reference() {
    return Optional.ofNullable(reference);
  }
}
