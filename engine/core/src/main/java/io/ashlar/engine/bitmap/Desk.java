package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What all work on a node's bitmaps shares: the checks with their messages, and the one way to
 * change what is recorded. One thread at a time.
 */
final class Desk {
  /** Longest wait for writers that are inside the driver. */
  static final long WRITERS_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final String node;
  private final NodeBitmaps bitmaps;

  Desk(String node, NodeBitmaps bitmaps) {
    this.node = node;
    this.bitmaps = bitmaps;
  }

  String node() {
    return node;
  }

  DirectoryState state() {
    return bitmaps.state();
  }

  StoredDirectory disk() {
    return bitmaps.disk();
  }

  Recording recording() {
    return bitmaps.recording();
  }

  /** The history of the image. */
  LifecycleLog log() {
    return bitmaps.log();
  }

  /**
   * Makes a change of one bitmap, announced before and recorded after it if the image keeps the
   * bitmap. Checks come before, so that what is refused is not announced.
   *
   * @param by the command or job that asked for it
   */
  void recorded(String by, BitmapState bitmap, BitmapFact fact, Runnable change) {
    if (bitmap.persistent()) {
      log().record(by, fact, change);
    } else {
      change.run();
    }
  }

  /** The bitmaps that the image's directory is to have now, while a transaction is undecided. */
  DirectoryState inImage() {
    return bitmaps.inImage();
  }

  /** A transaction has told the image this; {@code null} when it is decided. */
  void told(DirectoryState staged) {
    bitmaps.told(staged);
  }

  /** What an activation has read and not yet decided. */
  Optional<DirectoryState> loaded() {
    return Optional.ofNullable(bitmaps.loaded());
  }

  void loaded(DirectoryState next) {
    bitmaps.loaded(next);
  }

  void publish(DirectoryState next) {
    bitmaps.publish(next);
  }

  /**
   * What was loaded, with what a crash left and can be recovered; before the image is written.
   *
   * @param by what opens it
   * @param store or {@code null} when the node keeps no bitmaps
   */
  DirectoryState rescued(String by, BitmapStore store, boolean writable, DirectoryState loaded) {
    disk().recovered(null); // an earlier attempt found another image
    if (store == null || loaded.damage() != null) {
      return loaded;
    }
    Rescue.Outcome outcome = Rescue.of(by, store, writable, loaded, log(), bitmaps.rules());
    outcome.nonce().ifPresent(disk()::recovered);
    return outcome.state();
  }

  /** Changes what is recorded; nothing durable belongs to it. */
  void apply(Change change) {
    apply(change, () -> {});
  }

  /** Changes what is recorded and makes that durable, or changes nothing. */
  void apply(Change change, Runnable durable) {
    recording().apply(change, durable, WRITERS_NANOS);
    publish(state().with(change.next()));
  }

  /**
   * Changes what is recorded and makes that certain in image and journal, or changes nothing. The
   * caller publishes.
   *
   * @param fill what fills new trees
   */
  void carryOut(DirectoryChange change, Runnable fill) {
    Runnable apply =
        () ->
            recording()
                .apply(
                    new Change(change.next().generation(), fill),
                    () -> {
                      disk().prepare(change);
                      disk().finish(change);
                    },
                    WRITERS_NANOS);
    if (change.counts()) {
      bitmaps.heat().restarting(nothing -> new BitSet(), apply);
    } else {
      apply.run();
    }
  }

  /**
   * Before memory differs from what the image says of this bitmap.
   *
   * @throws BlockException the image could not be told
   */
  void diverge(BitmapState bitmap) {
    if (bitmap.persistent()) {
      recording().arm();
    }
  }

  /** What may be done now. */
  BitmapChecks checks() {
    return new BitmapChecks(node, state());
  }

  /** The commands from the present state on. */
  BitmapSteps steps() {
    return new BitmapSteps(checks(), disk());
  }

  /** See {@link BitmapChecks#find}. */
  BitmapState find(String name) {
    return checks().find(name);
  }

  BlockException error(ErrorCode code, String bitmap, String what) {
    return checks().error(code, bitmap, what);
  }
}
