package io.ashlar.engine.api;

import io.ashlar.spi.BlockException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happened to the persistent bitmaps of an image: who froze, merged, cleared, removed what and
 * when.
 *
 * @param journal the file it was read from
 * @param entries oldest first
 * @param dropped older entries that the journal has forgotten for want of room
 * @param damage why the journal cannot be read to its end; the entries are those before
 */
public record ImageHistory(
    Path journal, List<Entry> entries, long dropped, Optional<BlockException> damage) {
  /** Copies the list. */
  public ImageHistory {
    entries = List.copyOf(entries);
  }

  /**
   * One thing that happened.
   *
   * @param millis when, milliseconds since 1970-01-01 UTC, by the clock of that engine
   * @param event what kind of thing, such as {@code bitmap-cleared}
   * @param routine whether every opening and closing brings it along
   * @param bitmap which bitmap; empty when it concerns several or none
   * @param text the whole of it in words, printable
   * @param command what asked for it: a command by its QMP name, or a job
   * @param node the node's name then
   * @param host the machine; empty where it is not known
   * @param process the engine's process id
   * @param user the user it ran as
   * @param details more, by kind: {@code granularity}, {@code sources}, {@code holder} ...
   */
  public record Entry(
      long millis,
      String event,
      boolean routine,
      String bitmap,
      String text,
      String command,
      String node,
      String host,
      long process,
      String user,
      Map<String, Object> details) {}
}
