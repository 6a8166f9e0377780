package io.ashlar.engine.journal;

/**
 * The process that an engine runs in.
 *
 * @param host the machine's name; empty where it is not known
 * @param process its id
 * @param user the user it runs as
 */
public record Origin(String host, long process, String user) {
  Stamp stamp(String command, String node, long millis) {
    return new Stamp(command, node, host, process, user, millis);
  }
}
