package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
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

  void publish(DirectoryState next) {
    bitmaps.publish(next);
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
   * Before memory differs from what the image says of this bitmap.
   *
   * @throws BlockException the image could not be told
   */
  void diverge(BitmapState bitmap) {
    if (bitmap.persistent()) {
      recording().arm();
    }
  }

  /**
   * The bitmap of that name.
   *
   * @throws BlockException BITMAP_NOT_FOUND; BITMAP_INCONSISTENT for an entry that cannot be used
   */
  BitmapState find(String name) {
    return state()
        .generation()
        .find(name)
        .orElseThrow(
            () ->
                state()
                    .unusable(name)
                    .map(
                        entry ->
                            error(
                                ErrorCode.BITMAP_INCONSISTENT,
                                name,
                                "cannot be used: " + entry.unusable() + "; remove it"))
                    .orElseGet(() -> notFound(name)));
  }

  /**
   * A bitmap that nobody holds and that may differ from its stored copy; QEMU's order of checks.
   */
  BitmapState changeable(String name) {
    BitmapState bitmap = free(find(name));
    requireWritable(bitmap);
    return consistent(bitmap);
  }

  BitmapState free(BitmapState bitmap) {
    if (bitmap.busy()) {
      throw error(
          ErrorCode.BITMAP_BUSY,
          bitmap.name(),
          "is held by "
              + state().owners().getOrDefault(bitmap.name(), "a job or an export")
              + "; wait for its end or cancel it");
    }
    return bitmap;
  }

  void requireWritable(BitmapState bitmap) {
    if (bitmap.persistent() && !state().writable()) {
      throw readOnly(bitmap.name());
    }
  }

  BitmapState consistent(BitmapState bitmap) {
    if (bitmap.inconsistent()) {
      throw error(
          ErrorCode.BITMAP_INCONSISTENT,
          bitmap.name(),
          "was not stored cleanly; remove it and take a full backup");
    }
    return bitmap;
  }

  BlockException readOnly(String name) {
    return error(
        ErrorCode.BITMAP_READ_ONLY,
        name,
        "cannot change while the node is read-only; reopen it with read-only=false");
  }

  BlockException notFound(String name) {
    return new BlockException(
        ErrorCode.BITMAP_NOT_FOUND,
        "node '"
            + node
            + "' has no bitmap '"
            + Texts.printable(name)
            + "'; it has "
            + state().generation().bitmaps().stream().map(b -> Texts.printable(b.name())).toList());
  }

  BlockException error(ErrorCode code, String bitmap, String what) {
    return new BlockException(
        code, "bitmap '" + Texts.printable(bitmap) + "' of node '" + node + "' " + what);
  }
}
