package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.bits.GateState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.HotRegions;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitLock;
import java.util.List;
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
  private final WaitLock turn;
  private volatile DirectoryState state = DirectoryState.UNOPENED;

  /** What a transaction has told the image and not yet decided; null without one. */
  private volatile DirectoryState told;

  /** What an activation has read and not yet decided; null without one. */
  private volatile DirectoryState loaded;

  /** Here and not in the actor, so that it outlives one. */
  private volatile boolean held;

  /** The same for a transaction over bitmaps. */
  private volatile boolean staged;

  /** The bitmaps of a node that is about to be opened: none, and the gate sealed. */
  public NodeBitmaps(String name, Waits waits) {
    this(name, waits, LifecycleLog.NONE, true);
  }

  /**
   * The bitmaps of a node that is about to be opened: none, and the gate sealed.
   *
   * @param log the history of the image
   */
  public NodeBitmaps(String name, Waits waits, LifecycleLog log) {
    this(name, waits, log, true);
  }

  /**
   * The same.
   *
   * @param dormantWhenEmpty without bitmaps, writes cost next to nothing, and the first one must be
   *     added while the node is quiesced
   */
  NodeBitmaps(String name, Waits waits, LifecycleLog log, boolean dormantWhenEmpty) {
    this.log = log;
    disk = new StoredDirectory(name, waits, log, this::known);
    turn = waits.newLock();
    recording =
        new Recording(
            name,
            Generation.of(List.of()),
            GateState.SEALED,
            disk::arm,
            HotRegions.NONE,
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
