package io.ashlar.engine.journal;

/**
 * Where an actor keeps events and snapshots: paths in the configuration of the actor system.
 *
 * @param journal for events
 * @param snapshots for snapshots
 */
public record JournalPlugins(String journal, String snapshots) {
  /** The journal files. */
  public static final JournalPlugins FILES =
      new JournalPlugins("ashlar.journal", "ashlar.snapshot");
}
