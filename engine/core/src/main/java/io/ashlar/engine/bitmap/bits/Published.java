package io.ashlar.engine.bitmap.bits;

/** A generation as writers see it. */
final class Published {
  final long number;
  final Generation generation;
  final BitTree[] trees;

  /** Writers neither count nor pass the gate. */
  final boolean dormant;

  /** Trees of the generation before, recorded in until the change cannot fail any more. */
  volatile BitTree[] old;

  Published(long number, Generation generation, BitTree[] old, boolean dormant) {
    this.number = number;
    this.generation = generation;
    this.trees = generation.recording();
    this.old = old;
    this.dormant = dormant;
  }

  int parity() {
    return (int) number & 1;
  }

  void set(long offset, long length) {
    for (BitTree tree : trees) {
      tree.set(offset, length);
    }
    for (BitTree tree : old) {
      tree.set(offset, length);
    }
  }
}
