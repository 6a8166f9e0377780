package io.ashlar.engine.bitmap.bits;

import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Records the writes of one node in its dirty bitmaps, and keeps writes, captures, changes of what
 * is recorded and sealing out of each other's way without losing a bit.
 *
 * <p><b>Write side</b>: {@link #begin} before the driver call, {@link #end} after it whatever its
 * result, and before the write is acknowledged. Any thread, no lock, no allocation. In order: (1)
 * read the generation, enter its counter, read it again; (2) pass the gate, inside the counted
 * part, since otherwise a writer that saw it armed could write after bitmaps were stored as valid;
 * (3) set the granules; (4) make cold regions hot; (5) the driver call; (6) set the granules in the
 * present generation if it is another one; (7) leave.
 *
 * <p><b>Control side</b>: {@link #apply}, {@link #seal}, {@link #capture}, {@link #arm}: one thread
 * at a time (the bitmap directory of the node). They wait for writers inside a driver call, never
 * for anything else of the data path.
 */
public final class Recording {
  /** Waits without a limit. */
  public static final long FOR_EVER = WriterCounts.FOR_EVER;

  private static final int COUNTED = 1;
  private static final int STRIPE_SHIFT = 1;
  private static final int STRIPE_MASK = (1 << WriterCounts.STRIPE_BITS) - 1;
  private static final int NUMBER_SHIFT = STRIPE_SHIFT + WriterCounts.STRIPE_BITS;
  private static final BitTree[] NO_TREES = {};

  private final String node;
  private final boolean dormantWhenEmpty;
  private final HotRegions hot;
  private final RecordingRules rules;
  private final WriterCounts counts;
  private final WriteGate gate;
  private volatile Published published;

  /**
   * The recording of one node.
   *
   * @param node its name, for messages
   * @param initial its bitmaps
   * @param gate ARMED when nothing stored can become untrue, SEALED when the first write must arm
   * @param armer called by a writer that finds the gate sealed
   * @param hot what makes dirtying durable
   * @param dormantWhenEmpty while the node has no bitmap at all, writers are not counted and a
   *     write costs one volatile read on each side. The price: the first bitmap must be added by
   *     {@link #applyQuiesced}
   */
  public Recording(
      String node,
      Generation initial,
      GateState gate,
      Armer armer,
      HotRegions hot,
      Waits waits,
      boolean dormantWhenEmpty) {
    this(node, initial, gate, armer, hot, waits, dormantWhenEmpty, RecordingRules.SOUND);
  }

  /** The same under rules of a test. */
  Recording(
      String node,
      Generation initial,
      GateState gate,
      Armer armer,
      HotRegions hot,
      Waits waits,
      boolean dormantWhenEmpty,
      RecordingRules rules) {
    this.node = node;
    this.rules = rules;
    this.hot = hot;
    this.dormantWhenEmpty = dormantWhenEmpty;
    counts = new WriterCounts(waits);
    this.gate = new WriteGate(gate, armer, waits);
    published = new Published(1, initial, NO_TREES, mayRest(initial));
  }

  /**
   * Before a call that changes the guest's data.
   *
   * @return a token for {@link #end}
   * @throws BlockException the gate could not be armed, has failed, or a region could not be made
   *     hot: the driver must not be called, nor {@link #end}
   */
  public long begin(long offset, long length) {
    while (true) {
      Published g = published;
      if (g.dormant) {
        return g.number << NUMBER_SHIFT;
      }
      int stripe = WriterCounts.stripe();
      rules.step();
      counts.enter(g.parity(), stripe);
      boolean issued = false;
      try {
        rules.step();
        if (published == g && gate.armed()) {
          rules.step();
          rules.record(g, hot, offset, length);
          issued = true;
          return g.number << NUMBER_SHIFT | (long) stripe << STRIPE_SHIFT | COUNTED;
        }
      } finally {
        if (!issued) {
          counts.leave(g.parity(), stripe);
        }
      }
      if (!gate.armed()) {
        gate.passOrArm();
      }
    }
  }

  /** After that call, whether it succeeded or not, on any thread, before the caller hears of it. */
  public void end(long token, long offset, long length) {
    long number = token >>> NUMBER_SHIFT;
    Published now = published;
    try {
      rules.complete(now, number, offset, length);
      rules.step();
    } finally {
      if ((token & COUNTED) != 0) {
        counts.leave((int) number & 1, (int) (token >>> STRIPE_SHIFT) & STRIPE_MASK);
      }
    }
  }

  /** The bitmaps now; any thread. */
  public Generation generation() {
    return published.generation;
  }

  /** The gate now; any thread. */
  public GateState gateState() {
    return gate.state();
  }

  /** Whether writers are not counted, because there is no bitmap; any thread. */
  public boolean dormant() {
    return published.dormant;
  }

  /** Writes between begin and end that are counted, for display. */
  public long inFlight() {
    return counts.inside();
  }

  /** {@link #apply(Change, Runnable, long)} without anything to make durable, without a limit. */
  public void apply(Change change) {
    apply(change, () -> {}, FOR_EVER);
  }

  /**
   * Starts, stops, empties or replaces what is recorded: publishes the generation and a set of hot
   * regions, waits until no writer of the old generation is left, lets the change fill its trees
   * and makes it durable. On return every write that began before is in the new trees or was
   * complete before; writers went on all the time.
   *
   * <p>On any error the old bitmaps are back, with every bit that was written meanwhile.
   *
   * @param durable puts the change, and the bits that are in no write, where they survive a crash
   * @param nanos limit for the wait
   * @throws BlockException TIMED_OUT when a driver call did not return; whatever {@code durable}
   *     throws
   * @throws DormantException the node counts no writers
   */
  public void apply(Change change, Runnable durable, long nanos) {
    Published old = published;
    if (old.dormant) {
      throw new DormantException(node);
    }
    change(old, change, durable, nanos);
  }

  /**
   * The same on a node that has no request in flight; the caller holds the gates of all devices
   * above it closed. The only way to add a bitmap to a dormant node.
   */
  public void applyQuiesced(Change change, Runnable durable) {
    change(published, change, durable, FOR_EVER);
  }

  private void change(Published old, Change change, Runnable durable, long nanos) {
    // A change that timed out may have left writers in the counter that is to be used now.
    awaitWriters(1 - old.parity(), nanos);
    BitTree[] leaving = without(old.generation.recording(), change.next().recording());
    Published next = new Published(old.number + 1, change.next(), leaving, false);
    published = next;
    boolean done = false;
    try {
      rules.step();
      long epoch = rules.restartHot(hot);
      rules.step();
      rules.awaitOld(() -> awaitWriters(old.parity(), nanos));
      rules.step();
      change.fill().run();
      durable.run();
      hot.dropBefore(epoch);
      done = true;
    } finally {
      if (done) {
        next.old = NO_TREES;
        if (mayRest(next.generation)) {
          published = new Published(next.number + 1, next.generation, NO_TREES, true);
        }
      } else {
        // The old trees were recorded in all the time: nothing to be added up.
        published =
            new Published(next.number + 1, old.generation, NO_TREES, mayRest(old.generation));
      }
    }
  }

  /**
   * Puts recorded bits where they survive a crash, while writers go on: publishes a new set of hot
   * regions first, then lets the caller read bits and make them durable, then forgets older heats.
   *
   * @param durable reads the trees of the generation and returns when the copy is durable
   */
  public void capture(Consumer<Generation> durable) {
    long epoch = rules.restartHot(hot);
    rules.step();
    durable.accept(published.generation);
    hot.dropBefore(epoch);
  }

  /**
   * Holds writes back until bitmaps are stored. Afterwards the gate is SEALED and the next write
   * arms; when {@code store} fails too, for what it left on disk may look valid.
   *
   * @param store stores the bitmaps of {@link #generation} and publishes them as valid
   * @param nanos limit for the wait for writers
   * @throws BlockException TIMED_OUT when a driver call did not return: nothing was stored and the
   *     gate is as it was; whatever {@code store} throws
   */
  public void seal(Runnable store, long nanos) {
    GateState before = gate.beginSealing();
    GateState after = before;
    try {
      awaitWriters(0, nanos);
      awaitWriters(1, nanos);
      after = rules.whileStoring(before);
      store.run();
    } finally {
      gate.endSealing(after);
    }
  }

  /**
   * Arms the gate if it is not; for an open or a reopen that must not leave it to the first write.
   *
   * @throws BlockException of the armer: the gate stays sealed
   */
  public void arm() {
    gate.passOrArm();
  }

  /** Closes the write gate for good: every write fails with that code and message. */
  public void fail(BlockException reason) {
    gate.fail(reason);
    Published now = published;
    if (now.dormant) {
      published = new Published(now.number + 1, now.generation, NO_TREES, false);
    }
  }

  private void awaitWriters(int parity, long nanos) {
    if (!counts.awaitZero(parity, nanos)) {
      throw new BlockException(
          ErrorCode.TIMED_OUT,
          "node '"
              + node
              + "' still has "
              + counts.inside()
              + " writes in its driver; its bitmaps were left as they are");
    }
  }

  private boolean mayRest(Generation generation) {
    return dormantWhenEmpty && generation.bitmaps().isEmpty();
  }

  private static BitTree[] without(BitTree[] all, BitTree[] others) {
    return Arrays.stream(all)
        .filter(tree -> !Arrays.asList(others).contains(tree))
        .toArray(BitTree[]::new);
  }
}
