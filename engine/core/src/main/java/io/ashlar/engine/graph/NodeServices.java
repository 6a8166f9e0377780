package io.ashlar.engine.graph;

import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.spi.Clock;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.Waits;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * What every node of an engine uses.
 *
 * @param waits locks, conditions, sleep, threads
 * @param clock time
 * @param fileIo files
 * @param shared objects shared by nodes
 * @param drivers runs blocking calls into drivers; its tasks never wait for each other
 * @param latencies whether devices keep histograms of latency
 * @param events hears what nodes report, with the node's name; never blocks
 * @param around stands around the actors that take part in changes
 * @param rules of changes
 * @param journals keeps the history of bitmaps; {@code null} for none
 * @param crashRules of what bitmaps need to survive a crash
 */
public record NodeServices(
    Waits waits,
    Clock clock,
    FileIo fileIo,
    SharedObjects shared,
    Executor drivers,
    boolean latencies,
    BiConsumer<String, NodeEvent> events,
    Around around,
    ChangeRules rules,
    JournalServices journals,
    CrashRules crashRules) {

  /** With the rules of surviving a crash as they are. */
  public NodeServices(
      Waits waits,
      Clock clock,
      FileIo fileIo,
      SharedObjects shared,
      Executor drivers,
      boolean latencies,
      BiConsumer<String, NodeEvent> events,
      Around around,
      ChangeRules rules,
      JournalServices journals) {
    this(
        waits,
        clock,
        fileIo,
        shared,
        drivers,
        latencies,
        events,
        around,
        rules,
        journals,
        CrashRules.SOUND);
  }

  /** With nothing around the actors, the rules as they are, and no history of bitmaps. */
  public NodeServices(
      Waits waits,
      Clock clock,
      FileIo fileIo,
      SharedObjects shared,
      Executor drivers,
      boolean latencies,
      BiConsumer<String, NodeEvent> events) {
    this(
        waits,
        clock,
        fileIo,
        shared,
        drivers,
        latencies,
        events,
        Around.NOTHING,
        ChangeRules.SOUND,
        null);
  }
}
