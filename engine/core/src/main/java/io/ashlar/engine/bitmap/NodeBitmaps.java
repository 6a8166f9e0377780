package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.bits.GateState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.engine.bitmap.heat.Captures;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatLog;
import io.ashlar.engine.bitmap.heat.HeatStatistics;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Clock;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitLock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The bitmaps of one node as the data path and queries see them: any thread, no actor asked. A
 * writer that finds the gate sealed arms the stored bitmaps on its own thread, so that writes
 * depend on no mailbox; it waits at most for the call into the image that is running.
 */
public final class NodeBitmaps {
  private final LifecycleLog log;
  private final StoredDirectory disk;
  private final Recording recording;
  private final CrashRules rules;
  private final HeatLog heat;
  private final Captures captures;
  private final WaitLock turn;
  private volatile Runnable pacer = () -> {};
  private volatile ImageRecords beating;
  private volatile DirectoryState state = DirectoryState.UNOPENED;

  /** What a transaction has told the image and not yet decided; null without one. */
  private volatile DirectoryState told;

  /** What an activation has read and not yet decided; null without one. */
  private volatile DirectoryState loaded;

  /** Here and not in the actor, so that it outlives one. */
  private volatile boolean held;

  /** The same for a transaction over bitmaps. */
  private volatile boolean staged;

  /**
   * The bitmaps of a node that is about to be opened: none, and the gate sealed.
   *
   * @param clock for the pace of captures
   * @param log the history of the image
   * @param rules of surviving a crash
   * @param dormantWhenEmpty without bitmaps, writes cost next to nothing, and the first one must be
   *     added while the node is quiesced
   */
  public NodeBitmaps(
      String name,
      Waits waits,
      Clock clock,
      LifecycleLog log,
      CrashRules rules,
      boolean dormantWhenEmpty) {
    this.log = log;
    this.rules = rules;
    heat = new HeatLog(clock, rules, (journal, why) -> revoke(journal, why));
    captures = new Captures(heat, clock, rules);
    disk =
        new StoredDirectory(
            name,
            waits,
            log,
            this::known,
            new CrashGuard(log, heat, rules, captures, this::armedWith));
    turn = waits.newLock();
    recording =
        new Recording(
            name,
            Generation.of(List.of()),
            GateState.SEALED,
            disk::arm,
            heat,
            waits,
            dormantWhenEmpty);
  }

  /** What every write of the node passes. */
  public Recording recording() {
    return recording;
  }

  /** Whether the image says IN_USE of bitmaps and no write is in the driver; any thread. */
  public boolean sealable() {
    return disk.armed() && state.storesUsable() && recording.inFlight() == 0;
  }

  /** All bitmaps as of the last finished change, with what is dirty at this moment. */
  public List<BitmapInfo> infos() {
    return state.infos(disk.armed(), log);
  }

  private void revoke(ImageRecords journal, BlockException why) {
    disk.revoke(journal, why);
  }

  /** Without waiting: the journal wants beats now, and a capture now and then. */
  private void armedWith(ImageRecords journal) {
    beating = journal;
    pacer.run();
  }

  /**
   * Who sees to it, from now on, that {@link #beat} and {@link #capture} are called while {@link
   * #paced} says so.
   *
   * @param start begins with it; any thread, any number of times
   */
  void pacedBy(Runnable start) {
    pacer = start;
    if (paced()) {
      start.run();
    }
  }

  /** Whether the image has a fence, so that its journal wants to hear of us now and then. */
  boolean paced() {
    return heat.active();
  }

  /** Tells the journal that the image is still in use; waits for the disk and for nobody else. */
  void beat() {
    ImageRecords journal = beating;
    if (!paced() || journal == null) {
      return;
    }
    try {
      captures.beat(journal);
    } catch (BlockException e) {
      giveUp(journal, e);
    }
  }

  /** The last beat has not come back: so that not everybody waits for the journal. */
  void beatHangs() {
    ImageRecords journal = beating;
    if (paced() && journal != null) {
      giveUp(
          journal,
          new BlockException(
              ErrorCode.TIMED_OUT,
              "the journal did not answer within "
                  + TimeUnit.NANOSECONDS.toSeconds(CrashRules.BEAT_NANOS)
                  + " s"));
    }
  }

  private void giveUp(ImageRecords journal, BlockException why) {
    try {
      disk.revoke(journal, why);
    } catch (BlockException again) {
      // The image cannot be told: the next beat tries again, and so does a write before it.
      heat.nothingIsHot();
    }
  }

  /** Puts exact bits where they survive a crash, if that is worth it by now. */
  void capture() {
    if (captures.worthIt(state.generation())) {
      captureThis();
    }
    captures.tick();
  }

  /** The same whether it is worth it or not; an interval ends. */
  void captureNow() {
    captureThis();
    captures.nextInterval();
  }

  private void captureThis() {
    DirectoryState present = state;
    heat.restarting(
        set -> Captures.staying(set, present.generation()),
        () -> recording.capture(generation -> disk.recapture(present)));
  }

  /** What surviving a crash has cost; any thread. */
  public HeatStatistics heatStatistics() {
    return heat.statistics();
  }

  HeatLog heat() {
    return heat;
  }

  CrashRules rules() {
    return rules;
  }

  /** The history of the image. */
  public LifecycleLog log() {
    return log;
  }

  StoredDirectory disk() {
    return disk;
  }

  DirectoryState state() {
    return state;
  }

  /**
   * One piece of work at a time, whichever actor began it: the work of one that died may still be
   * running when its successor begins.
   */
  <T> T alone(Supplier<T> work) {
    turn.lock();
    try {
      return work.get();
    } finally {
      turn.unlock();
    }
  }

  /** Whether users' commands wait for the end of a change. */
  boolean held() {
    return held;
  }

  void hold(boolean wait) {
    held = wait;
  }

  /** Whether users' commands wait for the end of a transaction. */
  boolean staged() {
    return staged;
  }

  void stage(boolean wait) {
    staged = wait;
  }

  /** The bitmaps that the image's directory is to have now. */
  DirectoryState inImage() {
    DirectoryState staged = told;
    return staged == null ? state : staged;
  }

  /** What is known of the image. */
  private DirectoryState known() {
    DirectoryState fresh = loaded;
    return fresh == null ? state : fresh;
  }

  DirectoryState loaded() {
    return loaded;
  }

  void loaded(DirectoryState next) {
    loaded = next;
  }

  void told(DirectoryState staged) {
    told = staged;
  }

  void publish(DirectoryState next) {
    state = next;
  }
}
