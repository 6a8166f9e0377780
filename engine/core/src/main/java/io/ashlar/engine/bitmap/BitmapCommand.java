package io.ashlar.engine.bitmap;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.spi.BitmapStore;
import java.util.List;

/**
 * The messages of a node's bitmap directory. Failures are {@link io.ashlar.spi.BlockException}. The
 * directory never quiesces and never waits for a drain; whoever needs the node quiesced did that
 * before sending.
 */
public sealed interface BitmapCommand {
  /**
   * Reads the stored bitmaps of a node that was just opened; a writable one is armed before the
   * reply, so that nothing can be written before IN_USE is durable.
   *
   * @param store the node's directory, or {@code null} when it keeps none
   * @param flush makes durable what guests wrote to the image; any time while it is open
   */
  record Load(
      BitmapStore store,
      Runnable flush,
      boolean writable,
      long length,
      ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * The node is about to lose writing, or to be closed: store, flush, publish, flush. The bits stay
   * in memory; the node is quiesced. Afterwards it is sealed: if the change is given up, the next
   * write arms again.
   *
   * @param hold keep the commands of users waiting until {@link Became} or {@link GaveUp} says how
   *     the change ended, so that none of them makes the image untrue again in between
   */
  record Seal(boolean hold, ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {
    /** Keeps nothing waiting. */
    public Seal(ActorRef<StatusReply<Done>> replyTo) {
      this(false, replyTo);
    }
  }

  /**
   * Nobody has written for a while: store, flush, publish, and the next write arms again. False
   * when there was nothing to seal.
   *
   * @param flush makes finished writes durable; called when no write is in the driver
   */
  record SealIdle(Runnable flush, ActorRef<StatusReply<Boolean>> replyTo)
      implements BitmapCommand {}

  /** The change that {@link Seal} was for was given up: users' commands are served. Cannot fail. */
  record GaveUp(ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {}

  /** The node is about to gain writing: arm through staged access, durably. */
  record ArmThrough(BitmapStore staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * The gain was given up: seal again through the staged access if that works; if not, the disk
   * says IN_USE.
   */
  record DisarmThrough(BitmapStore staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /** The change took effect: whether the node is writable now. Cannot fail. */
  record Became(boolean writable, ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {}

  /**
   * The node is about to be active again: reads the bitmaps of its image, which somebody else may
   * have written, and arms if it is writable. Takes effect with {@link Became}. What a bitmap that
   * is not stored has missed meanwhile nobody knows, so a recording one is all dirty then.
   *
   * @param staged the freshly opened node, or {@code null} when it keeps no bitmaps
   * @param flush as in {@link Load}
   */
  record Activate(
      BitmapStore staged,
      Runnable flush,
      boolean writable,
      long length,
      ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /** {@link Activate} was given up: sealed again if that works, and forgotten. */
  record StaysInactive(BitmapStore staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /** The node became inactive, after {@link Seal}: what the image keeps is forgotten. */
  record Inactivated(ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {}

  /**
   * Whether the node may change its length; refused while a bitmap is busy, read-only, inconsistent
   * or unusable. Arms, for the bitmaps in memory are about to differ from the stored ones.
   *
   * @param length what it is to be, so that bitmaps that could not cover it refuse; -1 when unknown
   */
  record MayResize(long length, ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {
    /** For a length that is not known yet. */
    public MayResize(ActorRef<StatusReply<Done>> replyTo) {
      this(-1, replyTo);
    }
  }

  /** The node's length changed; the node is quiesced. */
  record Resized(long length, ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {}

  /**
   * {@code block-dirty-bitmap-add}. The first bitmap of a node is refused with {@link
   * io.ashlar.engine.bitmap.bits.DormantException}: it needs the node quiesced, see {@link Stage}.
   */
  record Add(
      String name,
      Bitmaps.Settings settings,
      long defaultGranularity,
      ActorRef<StatusReply<BitmapInfo>> replyTo)
      implements BitmapCommand {}

  /** {@code block-dirty-bitmap-remove}; false when there is none. */
  record Remove(String name, ActorRef<StatusReply<Boolean>> replyTo) implements BitmapCommand {}

  /** {@code block-dirty-bitmap-clear}. */
  record Clear(String name, ActorRef<StatusReply<Done>> replyTo) implements BitmapCommand {}

  /** {@code block-dirty-bitmap-enable} and {@code -disable}. */
  record SetEnabled(String name, boolean enabled, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * {@code block-dirty-bitmap-merge} of sources that were copied by {@link Snapshot}.
   *
   * @param names of the sources, each as {@code node/bitmap}, for the history
   */
  record Merge(
      String target, List<BitTree> sources, List<String> names, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * A stable copy of a bitmap's bits, with those of its successor.
   *
   * @param free refuse one that a job or an export holds
   */
  record Snapshot(String name, boolean free, ActorRef<StatusReply<BitTree>> replyTo)
      implements BitmapCommand {
    /** Of any bitmap. */
    public Snapshot(String name, ActorRef<StatusReply<BitTree>> replyTo) {
      this(name, false, replyTo);
    }
  }

  /** All bitmaps. */
  record Describe(ActorRef<StatusReply<List<BitmapInfo>>> replyTo) implements BitmapCommand {}

  /**
   * A job takes a bitmap: it becomes busy, its present bits are frozen and handed out, and a
   * successor records from now on. The node is quiesced, so that the cut is exact.
   *
   * @param owner the job, for messages
   * @param keeps the job will not change the bitmap (bitmap mode never): allowed for one that
   *     cannot be written
   */
  record Freeze(String name, String owner, boolean keeps, ActorRef<StatusReply<BitTree>> replyTo)
      implements BitmapCommand {}

  /**
   * The job is over: {@code replace} puts the successor in the bitmap's place, otherwise the
   * successor's bits are OR-ed back.
   *
   * <p>Where the image cannot be told (the node is read-only by now, or arming fails) the bits are
   * OR-ed back, which is never too little, and the answer is that error.
   *
   * @param uncopied bits to be OR-ed in whatever happens, or {@code null}
   */
  record Thaw(String name, boolean replace, BitTree uncopied, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * An export takes a bitmap: it becomes busy and goes on recording. Allowed on a read-only node;
   * refused for one that is busy or inconsistent.
   *
   * @param owner the export, for messages and {@link Release}
   */
  record Hold(String name, String owner, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /** The export is gone; JOB_STATE when it does not hold the bitmap. */
  record Release(String name, String owner, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * A transaction begins to work out what it makes of the bitmaps; users' commands wait until it is
   * decided. The node is quiesced from before this until after the decision.
   *
   * @param by what asked for it, for the history
   */
  record Stage(String by, ActorRef<StatusReply<StagedBitmaps>> replyTo) implements BitmapCommand {}

  /** Tells the image what the transaction needs: all that can fail. */
  record PrepareStaged(StagedBitmaps staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /** The transaction was decided: its bitmaps are the node's. Cannot fail. */
  record CommitStaged(StagedBitmaps staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}

  /**
   * The transaction was given up. Memory is as before in any case; a failure is that the image
   * could not be told, which the next write or store will make good.
   */
  record AbortStaged(StagedBitmaps staged, ActorRef<StatusReply<Done>> replyTo)
      implements BitmapCommand {}
}
