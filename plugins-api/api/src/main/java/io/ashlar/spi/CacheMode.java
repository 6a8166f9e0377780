package io.ashlar.spi;

/**
 * How a node uses the host's caches; QEMU's {@code cache.*} options.
 *
 * @param direct bypasses the host's page cache (O_DIRECT)
 * @param noFlush ignores flushes: nothing survives a crash for sure
 * @param writeback a write is durable only after a flush; if false every write is durable when
 *     acknowledged
 */
public record CacheMode(boolean direct, boolean noFlush, boolean writeback) {
  /** Page cache, flushes honoured: the default. */
  public static final CacheMode WRITEBACK = new CacheMode(false, false, true);

  /** Page cache, each write durable. */
  public static final CacheMode WRITETHROUGH = new CacheMode(false, false, false);

  /** O_DIRECT, flushes honoured. */
  public static final CacheMode NONE = new CacheMode(true, false, true);

  /** O_DIRECT, each write durable. */
  public static final CacheMode DIRECTSYNC = new CacheMode(true, false, false);

  /** Page cache, flushes ignored. */
  public static final CacheMode UNSAFE = new CacheMode(false, true, true);
}
