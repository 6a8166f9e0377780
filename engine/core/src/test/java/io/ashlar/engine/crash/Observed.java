package io.ashlar.engine.crash;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a state showed: to a foreign reader, and to the engine that opened it again. */
final class Observed {
  /**
   * A bitmap as the engine shows it.
   *
   * @param reason why it cannot be used, or {@code null}
   * @param dirty granules, when it can
   * @param over bytes of them that are said to be too many
   */
  record Seen(
      boolean inconsistent, String reason, boolean enabled, java.util.BitSet dirty, long over) {}

  /** Guest sectors by number, as a foreign reader finds them in the state. */
  final Map<Integer, Long> values = new HashMap<>();

  long size;

  /** Stored bitmaps as QEMU finds them in the state. */
  List<Qcow2View.Bitmap> stored = List.of();

  /** What the engine showed after opening. */
  final Map<String, Seen> seen = new LinkedHashMap<>();

  /** Stored bitmaps as QEMU finds them after the engine closed the image again. */
  List<Qcow2View.Bitmap> storedAfter = List.of();

  /** Complaints that need no truth. */
  final List<String> complaints = new java.util.ArrayList<>();

  boolean reopened;

  /** Whether this came of the first crash, and not of one in an opening after it. */
  boolean first;

  /** What was written after the opening. */
  final Map<Integer, Long> lived = new HashMap<>();

  /** Whether the image says that the bitmap is not the truth. */
  boolean inUse(String name) {
    return stored.stream().anyMatch(bitmap -> bitmap.name().equals(name) && bitmap.inUse());
  }
}
