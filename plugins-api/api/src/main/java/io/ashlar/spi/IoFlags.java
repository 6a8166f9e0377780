package io.ashlar.spi;

/**
 * Flags of a request, combined by {@code |}. A node refuses bits it does not know with {@link
 * ErrorCode#INVALID_REQUEST}; a filter passes on the ones it knows.
 */
public final class IoFlags {
  /** No flag. */
  public static final int NONE = 0;

  /** Write, zeroes: durable, with the metadata it needs, when the call returns. */
  public static final int FUA = 1;

  /** Write, zeroes: what a reader sees does not change; no bitmap records it. */
  public static final int UNCHANGED = 1 << 1;

  /** Zeroes: the space may be given back. */
  public static final int MAY_UNMAP = 1 << 2;

  /** Zeroes: fail with {@link ErrorCode#NOT_SUPPORTED} rather than write plain zero bytes. */
  public static final int NO_FALLBACK = 1 << 3;

  /** Write: store whole clusters compressed. */
  public static final int COMPRESSED = 1 << 4;

  /**
   * Read: only so that filters such as copy-on-read do their work; the target's content does not
   * matter.
   */
  public static final int PREFETCH = 1 << 5;

  /** All flags of this level. */
  public static final int ALL = FUA | UNCHANGED | MAY_UNMAP | NO_FALLBACK | COMPRESSED | PREFETCH;

  private IoFlags() {}

  /**
   * Refuses flags outside {@code known}.
   *
   * @throws BlockException INVALID_REQUEST naming the bits
   */
  public static void requireKnown(int flags, int known) {
    if ((flags & ~known) != 0) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "unknown request flags 0x" + Integer.toHexString(flags & ~known));
    }
  }
}
