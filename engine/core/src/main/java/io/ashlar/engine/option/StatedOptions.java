package io.ashlar.engine.option;

import io.ashlar.spi.CacheMode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.DetectZeroes;
import io.ashlar.spi.NodeOptions;

/**
 * The generic options of a node as they were written down; {@code null} where nothing was said. The
 * rest comes from QEMU's defaults or, for nested definitions, from the parent.
 *
 * @param readOnly {@code read-only}
 * @param direct {@code cache.direct}
 * @param noFlush {@code cache.no-flush}
 * @param writeback {@code cache.writeback}
 * @param discardUnmap {@code discard}
 * @param detectZeroes {@code detect-zeroes}
 * @param forceShare {@code force-share}
 */
public record StatedOptions(
    Boolean readOnly,
    Boolean direct,
    Boolean noFlush,
    Boolean writeback,
    Boolean discardUnmap,
    DetectZeroes detectZeroes,
    Boolean forceShare) {

  /** Nothing was said. */
  public static final StatedOptions NONE =
      new StatedOptions(null, null, null, null, null, null, null);

  /** Everything was said. */
  public static StatedOptions all(NodeOptions o) {
    return new StatedOptions(
        o.readOnly(),
        o.cache().direct(),
        o.cache().noFlush(),
        o.cache().writeback(),
        o.discardUnmap(),
        o.detectZeroes(),
        o.forceShare());
  }

  /** The same with {@code read-only} said. */
  public StatedOptions withReadOnly(boolean value) {
    return new StatedOptions(
        value, direct, noFlush, writeback, discardUnmap, detectZeroes, forceShare);
  }

  /** The options of a node that was added by itself: QEMU's defaults where nothing was said. */
  public NodeOptions alone() {
    return filled(NodeOptions.DEFAULTS);
  }

  /**
   * The options of a nested definition. It inherits {@code read-only}, {@code cache.direct}, {@code
   * cache.no-flush} and {@code force-share}; {@code discard} defaults to {@code unmap}, because the
   * parent has already decided which discards come down. Backing children are read-only.
   */
  public NodeOptions under(NodeOptions parent, ChildKind kind) {
    boolean backing =
        switch (kind) {
          case BACKING -> true;
          case STORAGE, FILTERED, TARGET -> false;
        };
    CacheMode cache =
        new CacheMode(
            parent.cache().direct(),
            parent.cache().noFlush(),
            NodeOptions.DEFAULTS.cache().writeback());
    NodeOptions inherited =
        new NodeOptions(
            parent.readOnly() || backing, cache, true, DetectZeroes.OFF, parent.forceShare());
    NodeOptions own = filled(inherited);
    return backing ? own.withReadOnly(true) : own;
  }

  private NodeOptions filled(NodeOptions base) {
    return new NodeOptions(
        or(readOnly, base.readOnly()),
        new CacheMode(
            or(direct, base.cache().direct()),
            or(noFlush, base.cache().noFlush()),
            or(writeback, base.cache().writeback())),
        or(discardUnmap, base.discardUnmap()),
        detectZeroes == null ? base.detectZeroes() : detectZeroes,
        or(forceShare, base.forceShare()));
  }

  private static boolean or(Boolean stated, boolean otherwise) {
    return stated == null ? otherwise : stated;
  }
}
