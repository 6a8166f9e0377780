package io.ashlar.engine.api;

import java.util.List;

/** What a bitmap says; never a guess. */
public sealed interface DirtyView {
  /** A run of bytes. */
  record Extent(long offset, long length) {}

  /** The dirty ranges, ascending, clipped to the node's length. */
  record Exact(List<Extent> extents, long dirtyBytes) implements DirtyView {
    /** Copies the list. */
    public Exact {
      extents = List.copyOf(extents);
    }
  }

  /** The bitmap cannot be used; a full backup of this disk is needed. */
  record Unusable(String reason) implements DirtyView {}
}
