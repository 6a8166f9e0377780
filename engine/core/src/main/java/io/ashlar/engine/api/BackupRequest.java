package io.ashlar.engine.api;

/**
 * The arguments of {@code blockdev-backup}.
 *
 * @param jobId name of the job; {@code null} for the source node's name
 * @param source the node to copy, the device's view of it
 * @param target the node to copy to
 * @param sync what is copied
 * @param bitmap name of a bitmap of the source, or {@code null}
 * @param bitmapMode what becomes of the bitmap, or {@code null}
 * @param speed bytes a second, 0 for no limit
 * @param compress writes compressed clusters
 * @param failGuestWrites a failing target fails the guest's write and keeps the backup; otherwise
 *     the job fails
 */
public record BackupRequest(
    String jobId,
    String source,
    String target,
    Sync sync,
    String bitmap,
    BitmapMode bitmapMode,
    long speed,
    boolean compress,
    boolean failGuestWrites,
    long cbwTimeout,
    boolean autoDismiss) {

  /** A backup whose job stays listed when it has ended. */
  public BackupRequest(
      String jobId,
      String source,
      String target,
      Sync sync,
      String bitmap,
      BitmapMode bitmapMode,
      long speed,
      boolean compress,
      boolean failGuestWrites) {
    this(
        jobId,
        source,
        target,
        sync,
        bitmap,
        bitmapMode,
        speed,
        compress,
        failGuestWrites,
        0,
        false);
  }

  /** QMP's {@code MirrorSyncMode}. */
  public enum Sync {
    FULL,
    TOP,
    NONE,
    INCREMENTAL,
    BITMAP
  }

  /** QMP's {@code BitmapSyncMode}. */
  public enum BitmapMode {
    ON_SUCCESS,
    NEVER,
    ALWAYS
  }

  /** Everything. */
  public static BackupRequest full(String source, String target) {
    return new BackupRequest(null, source, target, Sync.FULL, null, null, 0, false, false);
  }

  /** What the bitmap has dirty; the bitmap then starts anew. */
  public static BackupRequest incremental(String source, String target, String bitmap) {
    return new BackupRequest(
        null, source, target, Sync.INCREMENTAL, bitmap, BitmapMode.ON_SUCCESS, 0, false, false);
  }
}
