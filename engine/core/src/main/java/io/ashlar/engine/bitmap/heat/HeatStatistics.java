package io.ashlar.engine.bitmap.heat;

/**
 * What making bitmaps survive has cost a node so far.
 *
 * @param waitedNanos time that writers waited for the journal, all of them together
 * @param waits how often one did
 * @param heated regions that were made hot because somebody was about to write them
 * @param preheated regions that were made hot ahead of a writer
 * @param captures of exact bits
 * @param capturedBytes that those took
 */
public record HeatStatistics(
    long waitedNanos, long waits, long heated, long preheated, long captures, long capturedBytes) {}
