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

/** Where the journal of a node's bitmaps belongs: what the user said, else beside the image. */
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
    if (!(core.driver() instanceof BitmapStore store)) {
      return JournalPlacement.none("");
    }
    Optional<String> said = store.journal();
    if (said.map(OFF::equals).orElse(!beside)) {
      return JournalPlacement.none("");
    }
    JournalPlace place = under(core.edges());
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
    Edge edge = edges.get(FILE);
    if (edge == null || !(edge.target() instanceof NodeCore core)) {
      return ImageTime.UNKNOWN;
    }
    return core.driver() instanceof JournalHost host
        ? host.changedNanos()
        : changedNanos(core.edges());
  }

  /** Through filters, which have one child of that role too. */
  private static JournalPlace under(Map<String, Edge> edges) {
    Edge edge = edges.get(FILE);
    if (edge == null || !(edge.target() instanceof NodeCore core)) {
      return JournalPlace.none("", "the storage under it has no place for a journal");
    }
    return core.driver() instanceof JournalHost host ? host.journalPlace() : under(core.edges());
  }
}
