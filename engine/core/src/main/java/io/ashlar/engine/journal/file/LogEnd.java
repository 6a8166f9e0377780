package io.ashlar.engine.journal.file;

/**
 * Where a scan of the log ended.
 *
 * @param position where the next frame goes, bytes
 * @param checksum of the last frame, or of the header
 * @param nextFrame number of the next frame
 * @param lastLsn the last record
 * @param epoch the epoch of the last frame
 * @param space bytes of the file that writers may count on
 * @param marked whether a mark says that all of it was made durable
 * @param lastFrame where the last frame begins, bytes; 0 without frames
 * @param leftoverEnd where the remains of an unfinished write behind the position end, bytes; 0
 *     when there are none
 */
record LogEnd(
    long position,
    int checksum,
    long nextFrame,
    long lastLsn,
    long epoch,
    long space,
    boolean marked,
    long lastFrame,
    long leftoverEnd) {}
