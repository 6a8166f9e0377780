package io.ashlar.engine.journal;

import io.ashlar.engine.journal.akka.JournalFiles;

/**
 * Where an actor keeps events and snapshots: paths in the configuration of the actor system.
 *
 * @param journal for events
 * @param snapshots for snapshots
 */
public record JournalPlugins(String journal, String snapshots) {
  /** The journal files. */
  public static final JournalPlugins FILES =
      new JournalPlugins(JournalFiles.JOURNAL_PLUGIN, JournalFiles.SNAPSHOT_PLUGIN);
}
