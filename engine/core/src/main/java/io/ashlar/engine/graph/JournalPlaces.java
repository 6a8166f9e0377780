package io.ashlar.engine.graph;

import io.ashlar.engine.journal.ImageTime;
import io.ashlar.engine.journal.JournalPlacement;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.JournalHost;
import io.ashlar.spi.JournalHost.JournalPlace;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Where the journal of a node's bitmaps belongs: what the user said, else beside the image. While a
 * change prepares, it belongs where the node will be.
 */
final class JournalPlaces {
  private static final String FILE = "file";
  private static final String OFF = "off";

  private JournalPlaces() {}

  /**
   * The place for a node that is open.
   *
   * @param beside whether a journal is kept where the user says nothing
   */
  static JournalPlacement of(NodeCore core, boolean beside) {
    if (!(core.upcoming().driver() instanceof BitmapStore store)) {
      return JournalPlacement.none("");
    }
    Optional<String> said = store.journal();
    if (said.map(OFF::equals).orElse(!beside)) {
      return JournalPlacement.none("");
    }
    JournalPlace place = under(core.upcoming().edges());
    UUID image = JournalPlacement.identity(place.identity(), store.shape());
    if (said.isPresent()) {
      return JournalPlacement.at(Path.of(said.get()), image);
    }
    return place
        .image()
        .map(file -> JournalPlacement.at(JournalPlacement.beside(file), image))
        .orElseGet(
            () ->
                JournalPlacement.none(
                    "no history of its bitmaps is kept, for "
                        + place.reason()
                        + "; name a file with the option 'journal'"));
  }

  /** When the storage of a node with these children was changed last, as {@link JournalHost}. */
  static long changedNanos(Map<String, Edge> edges) {
    NodeCore below = below(edges);
    if (below == null) {
      return ImageTime.UNKNOWN;
    }
    Optional<JournalHost> host = host(below);
    return host.isPresent() ? host.get().changedNanos() : changedNanos(below.upcoming().edges());
  }

  /** Through filters. */
  private static JournalPlace under(Map<String, Edge> edges) {
    NodeCore below = below(edges);
    if (below == null) {
      return JournalPlace.none("", "the storage under it has no place for a journal");
    }
    Optional<JournalHost> host = host(below);
    return host.isPresent() ? host.get().journalPlace() : under(below.upcoming().edges());
  }

  /** Some filters call their only child otherwise. */
  private static NodeCore below(Map<String, Edge> edges) {
    Edge edge = edges.size() == 1 ? edges.values().iterator().next() : edges.get(FILE);
    return edge == null ? null : edge.node();
  }

  /** What a change stages for a file that stays open need not be a host itself. */
  private static Optional<JournalHost> host(NodeCore core) {
    if (core.upcoming().driver() instanceof JournalHost staged) {
      return Optional.of(staged);
    }
    return core.driver() instanceof JournalHost host ? Optional.of(host) : Optional.empty();
  }
}
