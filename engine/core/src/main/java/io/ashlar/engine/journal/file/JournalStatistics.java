package io.ashlar.engine.journal.file;

/**
 * Counters since the journal was opened, and its present size.
 *
 * @param commits writes that were made durable, each with one flush
 * @param records records in them
 * @param bytes bytes of them, with everything around the contents
 * @param largestCommit most records that shared one flush
 * @param failedGrowths how often the file could not grow for lack of space
 * @param compactions how often the file was written anew
 * @param lastLsn number of the last durable record
 * @param epoch the present epoch
 * @param used bytes of the file up to the end of the last record
 * @param length bytes of the file
 */
public record JournalStatistics(
    long commits,
    long records,
    long bytes,
    long largestCommit,
    long failedGrowths,
    long compactions,
    long lastLsn,
    long epoch,
    long used,
    long length) {}
