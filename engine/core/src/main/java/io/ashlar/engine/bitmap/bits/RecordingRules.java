package io.ashlar.engine.bitmap.bits;

/**
 * The rules of {@link Recording} that its soundness hangs on, and the places between its steps. The
 * engine knows this class alone, so the compiled code has no trace of it; tests extend it, to stop
 * a thread between two steps and to break one rule at a time.
 */
class RecordingRules {
  /** The rules as they are. */
  static final RecordingRules SOUND = new RecordingRules();

  /** Between two steps. */
  void step() {}

  /** Before the driver: the bit first, for a capture in between must find it or the heat. */
  void record(Published g, HotRegions hot, long offset, long length) {
    g.set(offset, length);
    step();
    hot.heat(offset, length);
  }

  /** After the driver: a generation that came meanwhile has to know of the write too. */
  void complete(Published now, long begunIn, long offset, long length) {
    if (now.number != begunIn) {
      now.set(offset, length);
    }
  }

  /** A new set of hot regions, before a bit is read: heats of the old one stop to count. */
  long restartHot(HotRegions hot) {
    return hot.publishNext();
  }

  /** The gate while bitmaps are stored: what a failure leaves on disk may look valid. */
  GateState whileStoring(GateState before) {
    return GateState.SEALED;
  }

  /** Writers of the old generation leave before its successor counts as the truth. */
  void awaitOld(Runnable wait) {
    wait.run();
  }
}
