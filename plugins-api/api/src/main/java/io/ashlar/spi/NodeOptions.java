package io.ashlar.spi;

/**
 * The options that every node has; QEMU's generic block device options.
 *
 * @param readOnly no visible change goes through this node
 * @param cache host cache mode
 * @param discardUnmap {@code discard=unmap}: discards are carried out; otherwise they do nothing
 *     and succeed
 * @param detectZeroes see there
 * @param forceShare take no lock that excludes writers; only with readOnly
 */
public record NodeOptions(
    boolean readOnly,
    CacheMode cache,
    boolean discardUnmap,
    DetectZeroes detectZeroes,
    boolean forceShare) {

  /** Read-write, writeback, discards ignored: QEMU's defaults. */
  public static final NodeOptions DEFAULTS =
      new NodeOptions(false, CacheMode.WRITEBACK, false, DetectZeroes.OFF, false);

  /** The same with another read-only flag. */
  public NodeOptions withReadOnly(boolean value) {
    return new NodeOptions(value, cache, discardUnmap, detectZeroes, forceShare);
  }

  /** The same with another cache mode. */
  public NodeOptions withCache(CacheMode value) {
    return new NodeOptions(readOnly, value, discardUnmap, detectZeroes, forceShare);
  }

  /** The same with discards carried out or not. */
  public NodeOptions withDiscardUnmap(boolean value) {
    return new NodeOptions(readOnly, cache, value, detectZeroes, forceShare);
  }

  /**
   * Refuses a change of the visible content while read-only; {@link IoFlags#UNCHANGED} is none.
   *
   * @throws BlockException READ_ONLY naming the node and the cure
   */
  public void requireWritable(String nodeName, int flags) {
    if (readOnly && (flags & IoFlags.UNCHANGED) == 0) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "node '" + nodeName + "' is read-only; reopen it with read-only=false to write");
    }
  }
}
