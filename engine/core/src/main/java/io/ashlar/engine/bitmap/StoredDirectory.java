package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.heat.Lengths;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.engine.journal.LifecycleLog.Intent;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Waits;
import io.ashlar.spi.Waits.WaitLock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The bitmap directory in a node's image and whether it says IN_USE. One call into the image at a
 * time: the lock is held during disk I/O and never while waiting for writers, for they come here to
 * arm.
 */
final class StoredDirectory {
  private final String node;
  private final WaitLock lock;
  private final LifecycleLog log;
  private final Supplier<DirectoryState> state;
  private final CrashGuard guard;

  /** Null while the node keeps no bitmaps or its directory cannot be read; under the lock. */
  private BitmapStore store;

  /** Makes durable what guests wrote; goes with the store. */
  private Runnable flush;

  /** Nothing may diverge from the image while false; under the lock. */
  private boolean writable;

  /**
   * The image says IN_USE, as far as anybody knows. Set before the call that makes it so, for a
   * call that fails may have set some entries.
   */
  private volatile boolean armed;

  /** The last change did not come back well: the image must be told again. Under the lock. */
  private boolean uncertain;

  /**
   * The directory of a node.
   *
   * @param log the history of the image
   * @param state what the directory knows now
   * @param guard of the image; used under the lock of this directory
   */
  StoredDirectory(
      String node,
      Waits waits,
      LifecycleLog log,
      Supplier<DirectoryState> state,
      CrashGuard guard) {
    this.node = node;
    this.log = log;
    this.state = state;
    this.guard = guard;
    lock = waits.newLock();
  }

  /** Makes the entries of the new directory from those of the present one. */
  interface Layout extends Function<List<StoredBitmap>, List<BitmapEntry>> {}

  /**
   * The node is open.
   *
   * @param opened {@code null} when it keeps no bitmaps or none that can be read
   * @param makesDurable what guests wrote to it, tables included
   */
  void open(BitmapStore opened, Runnable makesDurable, boolean mayWrite) {
    lock.lock();
    try {
      store = opened;
      flush = makesDurable;
      writable = mayWrite;
    } finally {
      lock.unlock();
    }
  }

  /** The node is inactive: nothing is known of the image. */
  void close() {
    lock.lock();
    try {
      store = null;
      writable = false;
      armed = false;
      uncertain = false;
      guard.end();
    } finally {
      lock.unlock();
    }
  }

  boolean keepsBitmaps() {
    lock.lock();
    try {
      return store != null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the image says IN_USE as far as anybody knows; any thread, no wait. */
  boolean armed() {
    return armed;
  }

  /** Whether the image may say something else than memory does. */
  boolean differs() {
    lock.lock();
    try {
      return armed || uncertain;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a change of the directory ended without anybody knowing how. */
  boolean uncertain() {
    lock.lock();
    try {
      return uncertain;
    } finally {
      lock.unlock();
    }
  }

  void becomes(boolean mayWrite) {
    lock.lock();
    try {
      writable = mayWrite;
      if (store != null) {
        guard.follow(store);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sets IN_USE durably. For the write gate: one attempt at a time, on a writer's thread.
   *
   * @throws BlockException the writes that waited fail; the next one tries again
   */
  void arm() {
    lock.lock();
    try {
      if (store == null || (armed && !uncertain)) {
        return;
      }
      if (!writable) {
        throw new BlockException(
            ErrorCode.READ_ONLY,
            "node '" + node + "' is read-only; reopen it with read-only=false to write");
      }
      armWith("a write", store);
    } finally {
      lock.unlock();
    }
  }

  /** Sets IN_USE durably in an image that was just opened read-write. */
  void armOpened() {
    lock.lock();
    try {
      if (store != null) {
        armWith("opening", store);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Sets IN_USE durably through the access that a reopen prepares. */
  void armThrough(BitmapStore staged) {
    lock.lock();
    try {
      armWith("blockdev-reopen", staged);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a change of the bitmaps, up to where it takes effect in memory, certain in image and
   * journal: memory and image differ afterwards as before.
   *
   * @param change of commands that were checked
   */
  void prepare(DirectoryChange change) {
    lock.lock();
    try {
      Layout layout = Layouts.keep(change.next(), change.fresh());
      if (guard.active()) {
        guard.prepare(
            change,
            change.rewrites()
                ? Optional.of(fence -> write(store, layout, fence))
                : Optional.empty(),
            store,
            flush);
      } else if (change.rewrites()) {
        boolean first = armed && !change.before().storesUsable();
        if (!first || !establish(store, change.next(), layout)) {
          write(store, layout, Optional.empty());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A change that was prepared took effect in memory, or is about to and cannot fail any more. */
  void finish(DirectoryChange change) {
    if (change.endsInJournal()) {
      underLock(access -> guard.finish(change.next(), access, flush));
    }
  }

  /** The image is about to get another length, or -1 when nobody knows which. */
  void resizing(long length) {
    underLock(access -> guard.resizing(length < 0 ? Lengths.ANY : length, access));
  }

  /** It has it. */
  void resized(DirectoryState next) {
    underLock(access -> guard.resized(next, access, flush));
  }

  /** Puts the exact bits of now where they survive a crash. */
  void recapture(DirectoryState present) {
    underLock(access -> guard.recapture(present, access));
  }

  /** A journal cannot keep anything more: the image is told before anybody writes on. */
  void revoke(ImageRecords journal, BlockException why) {
    underLock(
        access -> {
          if (guard.uses(journal)) {
            guard.revoke(access, why);
          }
        });
  }

  /** The nonce that the image's fence had when bitmaps were recovered; null when none were. */
  void recovered(UUID nonce) {
    lock.lock();
    try {
      guard.recovered(nonce);
    } finally {
      lock.unlock();
    }
  }

  private void underLock(Consumer<BitmapStore> work) {
    lock.lock();
    try {
      if (store != null) {
        work.accept(store);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes a directory with entries that came back without their bits: the image must be told again
   * before it is the truth, also when this fails.
   */
  void restore(DirectoryState previous, Layout layout) {
    lock.lock();
    try {
      armed = true;
      if (guard.active() || !establish(store, previous, layout)) {
        write(store, layout, guard.fence(previous.storesUsable()));
      }
    } finally {
      uncertain = true;
      lock.unlock();
    }
  }

  /** Whether the gate can be armed without a call into the image. */
  boolean armsAtOnce() {
    lock.lock();
    try {
      return store == null || (armed && !uncertain);
    } finally {
      lock.unlock();
    }
  }

  /** There is nothing to store: the image says what memory does. */
  void sealedAsItIs() {
    armed = false;
  }

  /** Writes a directory that is the truth. */
  void seal(Layout layout) {
    lock.lock();
    try {
      sealWith(store, layout);
    } finally {
      lock.unlock();
    }
  }

  /** The same through the access of a reopen that was given up. */
  void sealThrough(BitmapStore staged, Layout layout) {
    lock.lock();
    try {
      sealWith(staged, layout);
    } finally {
      lock.unlock();
    }
  }

  /** Refuses what could never be stored. */
  void checkStorable(String name, long granularity, long length) {
    lock.lock();
    try {
      store.checkStorable(name, granularity, length, store.directory().size());
    } finally {
      lock.unlock();
    }
  }

  /** The image may change from now on: its history is opened, and compared with it. */
  void ready(String by) {
    lock.lock();
    try {
      log.ready(by, store::directory);
    } finally {
      lock.unlock();
    }
  }

  private void armWith(String by, BitmapStore access) {
    DirectoryState known = state.get();
    if (known.keptInImage()) {
      log.ready(by, access::directory);
    }
    if (known.storesUsable()) {
      armAnnounced(access, known, log.announce(by, List.of(new BitmapsArmed(known.stored()))));
    } else {
      markInUse(access, known, () -> {});
    }
  }

  /** What a fence needs is made while the announcement is on its way to the journal. */
  private void armAnnounced(BitmapStore access, DirectoryState known, Intent intent) {
    Announcement announcement = new Announcement(intent);
    try {
      markInUse(access, known, announcement::await);
    } catch (RuntimeException | Error e) {
      announcement.await();
      intent.failed(e);
      throw e;
    }
    intent.done();
  }

  /** Waits once, at the first place that needs it. */
  private static final class Announcement {
    private final Intent intent;
    private boolean awaited;

    Announcement(Intent intent) {
      this.intent = intent;
    }

    void await() {
      if (!awaited) {
        awaited = true;
        intent.awaitKept();
      }
    }
  }

  private void markInUse(BitmapStore access, DirectoryState known, Runnable announced) {
    armed = true;
    uncertain = true;
    if (!establish(access, known, CrashGuard::inUse, announced)) {
      announced.run();
      access.arm();
    }
    uncertain = false;
  }

  private boolean establish(BitmapStore access, DirectoryState known, Layout layout) {
    return establish(access, known, layout, () -> {});
  }

  /** Runs {@code announced} when everything is ready, before it becomes the image's. */
  private boolean establish(
      BitmapStore access, DirectoryState known, Layout layout, Runnable announced) {
    return guard.establish(
        access,
        known,
        () -> layout.apply(access.directory()),
        staged -> {
          announced.run();
          uncertain = true;
          staged.publish();
          uncertain = false;
        });
  }

  private void sealWith(BitmapStore access, Layout layout) {
    write(access, layout, Optional.empty());
    guard.end();
    armed = false;
    log.note("storing", new BitmapsSealed(state.get().stored()));
  }

  private void write(BitmapStore access, Layout layout, Optional<Fence> fence) {
    BitmapStore.StagedDirectory staged = access.stage(layout.apply(access.directory()), fence);
    uncertain = true;
    staged.publish();
    uncertain = false;
  }
}
