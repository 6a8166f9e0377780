package io.ashlar.engine.journal.akka;

import akka.actor.AbstractExtensionId;
import akka.actor.ActorSystem;
import akka.actor.ClassicActorSystemProvider;
import akka.actor.ExtendedActorSystem;
import akka.actor.Extension;
import akka.actor.ExtensionIdProvider;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Which journal the persistent actors of an actor system use: the one routed under the longest
 * prefix of their persistence id. Akka 2.6.21 has one set of plugin settings for a whole system, so
 * the file cannot be named there.
 */
public final class JournalFiles implements Extension {
  /** The setting {@code journalPluginId} of a persistent actor. */
  public static final String JOURNAL_PLUGIN = "ashlar.journal";

  /** The setting {@code snapshotPluginId} of a persistent actor. */
  public static final String SNAPSHOT_PLUGIN = "ashlar.snapshot";

  private final ConcurrentSkipListMap<String, ActorJournal> routes = new ConcurrentSkipListMap<>();

  private JournalFiles() {}

  /** The routes of an actor system. */
  public static JournalFiles get(ClassicActorSystemProvider system) {
    return Id.INSTANCE.get(system);
  }

  /**
   * Routes all persistence ids with this prefix to a journal.
   *
   * @throws BlockException INVALID_REQUEST when the prefix is routed already
   */
  public void route(String prefix, ActorJournal journal) {
    if (routes.putIfAbsent(prefix, journal) != null) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST, "journal prefix '" + prefix + "' is routed already");
    }
  }

  /** Ends a route; actors that still use it fail at their next persist. */
  public void unroute(String prefix) {
    routes.remove(prefix);
  }

  /**
   * The journal of a persistence id.
   *
   * @throws BlockException INTERNAL when no prefix of it is routed
   */
  ActorJournal of(String persistenceId) {
    Map.Entry<String, ActorJournal> entry = routes.floorEntry(persistenceId);
    while (entry != null && !persistenceId.startsWith(entry.getKey())) {
      entry = routes.lowerEntry(entry.getKey());
    }
    if (entry == null) {
      throw new BlockException(
          ErrorCode.INTERNAL, "no journal is routed for persistence id '" + persistenceId + "'");
    }
    return entry.getValue();
  }

  /** How Akka finds the extension. */
  public static final class Id extends AbstractExtensionId<JournalFiles>
      implements ExtensionIdProvider {
    private static final Id INSTANCE = new Id();

    private Id() {}

    @Override
    public JournalFiles createExtension(ExtendedActorSystem system) {
      return new JournalFiles();
    }

    @Override
    public Id lookup() {
      return INSTANCE;
    }

    @Override
    public JournalFiles get(ActorSystem system) {
      return super.get(system);
    }
  }
}
