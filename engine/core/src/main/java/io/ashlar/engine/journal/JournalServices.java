package io.ashlar.engine.journal;

import io.ashlar.spi.Clock;
import io.ashlar.spi.Waits;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * What the journals of an engine share.
 *
 * @param waits locks and conditions
 * @param clock time
 * @param files opens journals
 * @param origin this process
 * @param executor runs what blocks and nobody waits for
 * @param limitNanos longest wait for an event to be kept; longer counts as failed
 * @param recoveryNanos longest wait for a journal to be read
 * @param beside whether a journal is kept beside an image of which the user says nothing
 * @param notices hears, with the node's name, what users should know; never blocks
 */
public record JournalServices(
    Waits waits,
    Clock clock,
    ImageJournals files,
    Origin origin,
    Executor executor,
    long limitNanos,
    long recoveryNanos,
    boolean beside,
    BiConsumer<String, String> notices) {}
