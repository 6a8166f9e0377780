package io.ashlar.engine.journal.file;

import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.Waits;
import java.util.concurrent.Executor;

/**
 * What a journal reaches the world through.
 *
 * @param files files
 * @param waits locks and conditions
 * @param clock time, for the records that say when the journal was opened
 * @param executor runs appends that nobody waits for, and their listeners; its tasks block in I/O
 */
public record JournalEnvironment(FileIo files, Waits waits, Clock clock, Executor executor) {}
