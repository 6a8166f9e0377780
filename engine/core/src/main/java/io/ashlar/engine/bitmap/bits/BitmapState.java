package io.ashlar.engine.bitmap.bits;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Optional;

/**
 * One dirty bitmap of a node at one moment: immutable, but for the bits in its trees.
 *
 * @param name unique on its node
 * @param tree its bits; empty and never used when inconsistent
 * @param persistent stored in the image
 * @param enabled guest writes are recorded (in the successor while there is one)
 * @param busy held by a job or an export: management is refused
 * @param inconsistent found IN_USE when it was loaded; it can only be removed
 * @param successorTree records while the bitmap is held by a job, or null
 * @param recovery how it came out of a crash, until it is emptied; or null
 * @param reason why it is inconsistent, one sentence, where more is known than that; or null
 */
public record BitmapState(
    String name,
    BitTree tree,
    boolean persistent,
    boolean enabled,
    boolean busy,
    boolean inconsistent,
    BitTree successorTree,
    BitmapInfo.Recovery recovery,
    String reason) {

  /** A usable bitmap that nobody holds. */
  public static BitmapState of(String name, BitTree tree, boolean persistent, boolean enabled) {
    return new BitmapState(name, tree, persistent, enabled, false, false, null, null, null);
  }

  /** The placeholder of a stored bitmap that was IN_USE; persistent and disabled. */
  public static BitmapState inconsistent(String name, long length, long granularity) {
    return inconsistent(name, length, granularity, null);
  }

  /**
   * The same.
   *
   * @param reason why it could not be recovered, one sentence; or null
   */
  public static BitmapState inconsistent(
      String name, long length, long granularity, String reason) {
    BitTree none = new BitTree(length, granularity);
    return new BitmapState(name, none, true, false, false, true, null, null, reason);
  }

  /** The successor's bits, while a job holds the bitmap. */
  public Optional<BitTree> successor() {
    return Optional.ofNullable(successorTree);
  }

  /** What guest writes are recorded in at this moment. */
  public Optional<BitTree> recordingTree() {
    if (!enabled || inconsistent) {
      return Optional.empty();
    }
    return Optional.of(successorTree == null ? tree : successorTree);
  }

  /** Whether guest writes are recorded; QEMU's {@code recording}. */
  public boolean recording() {
    return recordingTree().isPresent();
  }

  /**
   * Checks that management may change it, in QEMU's order: busy, read-only, inconsistent.
   *
   * @param readOnly whether its stored copy is the truth because the node is read-only
   * @throws BlockException BITMAP_BUSY, BITMAP_READ_ONLY or BITMAP_INCONSISTENT
   */
  public BitmapState requireChangeable(boolean readOnly) {
    requireFree();
    if (readOnly) {
      throw new BlockException(
          ErrorCode.BITMAP_READ_ONLY,
          "bitmap '" + name + "' cannot be changed on a read-only node; reopen it read-write");
    }
    return requireConsistent();
  }

  /**
   * Checks that no job or export holds it.
   *
   * @throws BlockException BITMAP_BUSY
   */
  public BitmapState requireFree() {
    if (busy) {
      throw new BlockException(
          ErrorCode.BITMAP_BUSY,
          "bitmap '" + name + "' is held by a job or an export; wait for its end or cancel it");
    }
    return this;
  }

  /**
   * Checks that its bits mean something.
   *
   * @throws BlockException BITMAP_INCONSISTENT
   */
  public BitmapState requireConsistent() {
    if (inconsistent) {
      throw new BlockException(
          ErrorCode.BITMAP_INCONSISTENT,
          "bitmap '" + name + "' was not stored cleanly; remove it and take a full backup");
    }
    return this;
  }

  /** With other bits. */
  public BitmapState withTree(BitTree value) {
    return new BitmapState(
        name, value, persistent, enabled, busy, inconsistent, successorTree, recovery, reason);
  }

  /** With the bits of one that was just emptied: of a crash before that nothing is left in it. */
  BitmapState emptied(BitTree value) {
    return withTree(value).withRecovery(null);
  }

  /** Recording or not. */
  public BitmapState withEnabled(boolean value) {
    return new BitmapState(
        name, tree, persistent, value, busy, inconsistent, successorTree, recovery, reason);
  }

  /** Held or free. */
  public BitmapState withBusy(boolean value) {
    return new BitmapState(
        name, tree, persistent, enabled, value, inconsistent, successorTree, recovery, reason);
  }

  /** Stored in the image or not. */
  public BitmapState withPersistent(boolean value) {
    return new BitmapState(
        name, tree, value, enabled, busy, inconsistent, successorTree, recovery, reason);
  }

  /** With a successor, or with none for null. */
  public BitmapState withSuccessor(BitTree value) {
    return new BitmapState(
        name, tree, persistent, enabled, busy, inconsistent, value, recovery, reason);
  }

  /** Rebuilt after a crash, or, for null, free of what that added. */
  public BitmapState withRecovery(BitmapInfo.Recovery value) {
    return new BitmapState(
        name, tree, persistent, enabled, busy, inconsistent, successorTree, value, reason);
  }
}
