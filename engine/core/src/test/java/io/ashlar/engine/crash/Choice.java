package io.ashlar.engine.crash;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * What of the pending changes a crash keeps.
 *
 * @param kept by number
 * @param torn of some of them only these sectors; the rest is lost
 * @param rubbish holes that are filled with 0xDE instead of zeros
 */
record Choice(BitSet kept, Map<Integer, BitSet> torn, BitSet rubbish) {
  static Choice of(BitSet kept) {
    return new Choice(kept, Map.of(), new BitSet());
  }

  static Choice mask(long bits) {
    return of(BitSet.valueOf(new long[] {bits}));
  }

  static Choice all(int count) {
    BitSet kept = new BitSet();
    kept.set(0, count);
    return of(kept);
  }

  /** Without one more. */
  Choice without(int number) {
    BitSet next = (BitSet) kept.clone();
    next.clear(number);
    Map<Integer, BitSet> left = new HashMap<>(torn);
    left.remove(number);
    return new Choice(next, left, rubbish);
  }

  /** With one more, whole. */
  Choice with(int number) {
    BitSet next = (BitSet) kept.clone();
    next.set(number);
    Map<Integer, BitSet> left = new HashMap<>(torn);
    left.remove(number);
    return new Choice(next, left, rubbish);
  }

  /** With nothing torn, and holes that are zeros. */
  Choice whole() {
    return of(kept);
  }
}
