package io.ashlar.engine.job;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/** Which arguments of {@code blockdev-backup} go together; QEMU's rules. Pure functions. */
final class BackupCheck {
  private BackupCheck() {}

  /**
   * The request with everything filled in: the job's name, and {@code incremental} as what it
   * means, {@code bitmap} with {@code on-success}.
   *
   * @throws BlockException INVALID_OPTION with one sentence
   */
  static BackupRequest complete(BackupRequest request) {
    String source = required(request.source(), "device");
    String target = required(request.target(), "target");
    if (request.sync() == null) {
      throw refused("'sync' is missing; it is full, top, none, incremental or bitmap");
    }
    if (source.equals(target)) {
      throw refused("node '" + source + "' cannot be backed up to itself; name another target");
    }
    if (request.speed() < 0) {
      throw refused("'speed' is 0 or more bytes a second, not " + request.speed());
    }
    String id = request.jobId() == null ? source : request.jobId();
    if (id.isBlank()) {
      throw refused("'job-id' is empty; leave it out to name the job after its source");
    }
    boolean incremental = request.sync() == Sync.INCREMENTAL;
    checkBitmap(request);
    return new BackupRequest(
        id,
        source,
        target,
        incremental ? Sync.BITMAP : request.sync(),
        request.bitmap(),
        incremental ? BitmapMode.ON_SUCCESS : request.bitmapMode(),
        request.speed(),
        request.compress(),
        request.failGuestWrites(),
        request.cbwTimeout(),
        request.autoDismiss());
  }

  private static void checkBitmap(BackupRequest request) {
    BitmapMode mode = request.bitmapMode();
    if (request.bitmap() == null) {
      switch (request.sync()) {
        case INCREMENTAL, BITMAP ->
            throw refused("sync " + word(request.sync()) + " needs 'bitmap', the name of a bitmap");
        case FULL, TOP, NONE -> {
          if (mode != null) {
            throw refused("'bitmap-mode' is of no use without 'bitmap'");
          }
        }
      }
      return;
    }
    switch (request.sync()) {
      case INCREMENTAL -> {
        if (mode != null && mode != BitmapMode.ON_SUCCESS) {
          throw refused(
              "sync incremental means bitmap-mode on-success; use sync bitmap for another mode");
        }
      }
      case BITMAP -> requireMode(mode);
      case NONE -> throw refused("sync none copies what is overwritten and takes no bitmap");
      case FULL, TOP -> {
        requireMode(mode);
        if (mode == BitmapMode.NEVER) {
          throw refused(
              "bitmap-mode never has no effect with sync "
                  + word(request.sync())
                  + "; leave the bitmap out");
        }
      }
    }
  }

  private static void requireMode(BitmapMode mode) {
    if (mode == null) {
      throw refused("'bitmap-mode' is missing: what becomes of the bitmap at the job's end");
    }
  }

  private static String required(String value, String name) {
    if (value == null || value.isEmpty()) {
      throw refused("'" + name + "' is missing: the name of a node");
    }
    return value;
  }

  private static String word(Sync sync) {
    return switch (sync) {
      case FULL -> "full";
      case TOP -> "top";
      case NONE -> "none";
      case INCREMENTAL -> "incremental";
      case BITMAP -> "bitmap";
    };
  }

  private static BlockException refused(String sentence) {
    return new BlockException(ErrorCode.INVALID_OPTION, "blockdev-backup: " + sentence);
  }
}
