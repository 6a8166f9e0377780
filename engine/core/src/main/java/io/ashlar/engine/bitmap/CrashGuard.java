package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.heat.Captures;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatLog;
import io.ashlar.engine.bitmap.heat.Lengths;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The fence of a node's image and what the journal must have for it: so that after a crash the
 * journal has every bit that the image lacks. Everything here is called under the lock of {@link
 * StoredDirectory}. Nothing fails for want of a journal: the image is then told durably that there
 * is none, and only if that cannot be done the call fails.
 */
final class CrashGuard {
  private final LifecycleLog log;
  private final HeatLog heat;
  private final CrashRules rules;
  private final Captures captures;
  private final Consumer<ImageRecords> begun;

  /** Null while the image has no fence of ours. */
  private Session session;

  /** What the image's fence had when its bitmaps were recovered; null when none were. */
  private UUID recovered;

  /** From arming to sealing, or to the end of the journal. */
  private static final class Session {
    private final ImageRecords journal;

    /** What the image's fence may have; the last one is what it has if all went well. */
    private final Set<UUID> possible = new LinkedHashSet<>();

    private UUID nonce;
    private long nextLength = Lengths.NONE;

    Session(ImageRecords journal) {
      this.journal = journal;
    }

    Fence fence(UUID with) {
      return new Fence(
          journal.identity().image(),
          journal.identity().journal(),
          journal.epoch(),
          with,
          journal.lastLsn());
    }

    void has(UUID certain) {
      nonce = certain;
      possible.clear();
      possible.add(certain);
    }
  }

  /** The journal ended; what was written last may be in it or not. */
  private static final class Lost extends BlockException {
    private static final long serialVersionUID = 1L;

    Lost(BlockException cause) {
      super(cause.code(), cause.getMessage(), cause);
    }
  }

  /**
   * Without a fence.
   *
   * @param heat is told when regions have to be hot before they are written
   * @param begun hears when there is work to be done now and then
   */
  CrashGuard(
      LifecycleLog log,
      HeatLog heat,
      CrashRules rules,
      Captures captures,
      Consumer<ImageRecords> begun) {
    this.log = log;
    this.heat = heat;
    this.rules = rules;
    this.captures = captures;
    this.begun = begun;
  }

  /** Bitmaps were recovered from an image with that nonce; null when none were. */
  void recovered(UUID nonce) {
    recovered = nonce;
  }

  boolean active() {
    return session != null;
  }

  /** Whether that journal is the one in use. */
  boolean uses(ImageRecords journal) {
    return session != null && session.journal == journal;
  }

  /**
   * Puts a directory into the image, with a fence if there can be one: all usable bitmaps IN_USE.
   *
   * @param state what the journal is to have
   * @param entries of the new directory
   * @param publish makes them and the fence the image's, in one step
   * @return false when there can be no fence, and nothing was done
   */
  boolean establish(
      BitmapStore access,
      DirectoryState state,
      Supplier<List<BitmapEntry>> entries,
      Consumer<BitmapStore.StagedDirectory> publish) {
    ImageRecords journal = log.records().orElse(null);
    if (!state.storesUsable() || journal == null || refused(access, state)) {
      end();
      return false;
    }
    Session next = uses(journal) ? session : new Session(journal);
    session = next;
    if (recovered != null) {
      next.possible.add(recovered);
    }
    UUID nonce = rules.nonce();
    next.possible.add(nonce);
    next.nonce = nonce;
    heat.begin(journal, state.length(), state.generation());
    try {
      rules.arm(
          () -> capture(state),
          () -> {
            BitmapStore.StagedDirectory staged = stage(access, entries.get(), next.fence(nonce));
            publish.accept(staged);
          });
    } catch (Lost e) {
      lost(e.getCause());
      return false;
    } catch (Unstaged e) {
      if (e.code() != ErrorCode.NO_SPACE) {
        ended();
        throw (BlockException) e.getCause();
      }
      // Marking what is there takes no space.
      lost(e.getCause());
      return false;
    }
    next.has(nonce);
    recovered = null;
    follow(access);
    begun.accept(journal);
    return true;
  }

  /** No room for the new directory, or the like; nothing was changed. */
  private static final class Unstaged extends BlockException {
    private static final long serialVersionUID = 1L;

    Unstaged(BlockException cause) {
      super(cause.code(), cause.getMessage(), cause);
    }
  }

  private static BitmapStore.StagedDirectory stage(
      BitmapStore access, List<BitmapEntry> entries, Fence fence) {
    try {
      return access.stage(entries, Optional.of(fence));
    } catch (BlockException e) {
      throw new Unstaged(e);
    }
  }

  private boolean refused(BitmapStore access, DirectoryState state) {
    Optional<String> why =
        access.fenceRefusal(state.preserved().size() + state.generation().bitmaps().size());
    why.filter(text -> !text.isEmpty())
        .ifPresent(text -> log.notice("its bitmaps would not survive a crash: " + text));
    return why.isPresent();
  }

  /** Who asks for the last durable record; the access that is in use from now on. */
  void follow(BitmapStore access) {
    if (session != null) {
      access.lastRecord(session.journal::lastLsn);
    }
  }

  /** All entries of a directory, usable ones IN_USE. */
  static List<BitmapEntry> inUse(List<StoredBitmap> directory) {
    List<BitmapEntry> entries = new ArrayList<>();
    for (StoredBitmap entry : directory) {
      entries.add(new BitmapEntry.Kept(entry, entry.unusable() == null || entry.inUse()));
    }
    return entries;
  }

  /** The fence that a directory goes with; none when nothing in it can be recovered. */
  Optional<Fence> fence(boolean usable) {
    return session == null || !usable
        ? Optional.empty()
        : Optional.of(session.fence(session.nonce));
  }

  /** What the image is to be told with another nonce. */
  interface Image {
    /** Tells it; the fence goes into the image in the same step. */
    void tell(Optional<Fence> fence);
  }

  /**
   * A change of the bitmaps up to where it could still be given up: what they get is in the
   * journal, and what they lose is announced to journal and image.
   *
   * @param change {@link #finish} follows when it took effect
   * @param image tells the image; empty when its directory stays
   * @param access of the image
   * @param flush makes durable what guests wrote
   */
  void prepare(DirectoryChange change, Optional<Image> image, BitmapStore access, Runnable flush) {
    DirectoryState next = change.next();
    try {
      if (change.startsToRecord()) {
        keepWritten(flush);
      }
      if (change.grows()) {
        Set<String> unknown = change.inPlaceOfLost();
        Stream<BitmapState> known =
            next.generation().bitmaps().stream().filter(b -> !unknown.contains(b.name()));
        Stream<BitmapState> before =
            change.shrinks() ? change.before().generation().bitmaps().stream() : Stream.of();
        capture(next.length(), Stream.concat(known, before));
      }
      if (!change.shrinks()) {
        image.ifPresent(i -> i.tell(fence(next.storesUsable())));
        return;
      }
      UUID nonce = rules.nonce();
      rules.shrink(
          () -> intend(nonce, session.nextLength),
          () -> another(nonce, next.storesUsable(), image, access),
          () -> {});
    } catch (Lost e) {
      revoke(access, e.getCause());
      image.ifPresent(i -> i.tell(Optional.empty()));
    }
  }

  private void another(UUID nonce, boolean usable, Optional<Image> image, BitmapStore access) {
    session.possible.add(nonce);
    Fence fence = session.fence(nonce);
    if (image.isPresent()) {
      image.get().tell(usable ? Optional.of(fence) : Optional.empty());
    } else {
      access.changeFence(fence);
    }
    session.has(nonce);
    if (!usable) {
      end();
    }
  }

  /**
   * A change of the bitmaps took effect: the journal forgets what they lost. When it cannot, the
   * image is told to forget the journal, at the latest before the next write.
   *
   * @param flush makes durable what guests wrote
   */
  void finish(DirectoryState next, BitmapStore access, Runnable flush) {
    if (session == null) {
      return;
    }
    try {
      keepWritten(flush);
      capture(next);
    } catch (Lost e) {
      try {
        revoke(access, e.getCause());
      } catch (BlockException unknown) {
        // Nothing is written before this is tried again: no region is hot.
        heat.nothingIsHot();
      }
    }
  }

  /**
   * What was written before the bitmaps lost bits, or one began to record, becomes durable, tables
   * included: lost in a crash it would differ from what a backup has read, and no bitmap would
   * know. A bitmap that is added has it durable with the image's directory.
   */
  private static void keepWritten(Runnable flush) {
    try {
      flush.run();
    } catch (BlockException e) {
      throw new Lost(e);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw new Lost(new BlockException(ErrorCode.INTERNAL, "its flush met a defect: " + e, e));
    }
  }

  /** The image is about to get another length; {@link Lengths#ANY} while nobody knows which. */
  void resizing(long next, BitmapStore access) {
    if (session == null) {
      return;
    }
    UUID nonce = rules.nonce();
    try {
      rules.shrink(
          () -> intend(nonce, next),
          () -> another(nonce, true, Optional.empty(), access),
          () -> {});
      session.nextLength = next;
    } catch (Lost e) {
      revoke(access, e.getCause());
    }
  }

  /** It has it; nobody writes. */
  void resized(DirectoryState next, BitmapStore access, Runnable flush) {
    if (session != null) {
      session.nextLength = Lengths.NONE;
      heat.begin(session.journal, next.length(), next.generation());
      finish(next, access, flush);
    }
  }

  /** Exact bits of now, off the write path. */
  void recapture(DirectoryState state, BitmapStore access) {
    if (session == null) {
      return;
    }
    try {
      capture(state);
    } catch (Lost e) {
      revoke(access, e.getCause());
    }
  }

  /** A journal that was given up may hang, and its files with it. */
  private void requireJournal() {
    if (log.records().orElse(null) != session.journal) {
      throw new BlockException(ErrorCode.CLOSED, "its journal was given up");
    }
  }

  private void intend(UUID nonce, long next) {
    try {
      requireJournal();
      captures.intend(session.journal, nonce, next);
    } catch (BlockException e) {
      throw new Lost(e);
    }
  }

  private void capture(DirectoryState state) {
    capture(state.length(), state.generation().bitmaps().stream());
  }

  /** The bits of a state, or of two while nobody can tell which of them will be. */
  private void capture(long length, Stream<BitmapState> bitmaps) {
    List<BitmapState> kept =
        bitmaps.filter(bitmap -> bitmap.persistent() && !bitmap.inconsistent()).toList();
    try {
      requireJournal();
      captures.write(
          session.journal,
          new Lengths(length, session.nextLength),
          List.copyOf(session.possible),
          kept);
    } catch (BlockException e) {
      throw new Lost(e);
    }
  }

  /**
   * Goes on without a journal.
   *
   * @throws BlockException the image could not be told; nothing has changed then
   */
  void revoke(BitmapStore access, Throwable why) {
    rules.giveUp(access::revokeFence);
    lost(why);
  }

  private void lost(Throwable why) {
    end();
    log.notice("its bitmaps would not survive a crash any more: " + why.getMessage());
  }

  /** The image is to have no fence any more, and nothing has to be durable. */
  void end() {
    recovered = null; // a fence with that nonce is of an older image from now on
    ended();
  }

  private void ended() {
    session = null;
    heat.end();
  }
}
