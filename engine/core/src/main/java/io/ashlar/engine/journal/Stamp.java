package io.ashlar.engine.journal;

/**
 * Who did something and when.
 *
 * @param command what asked for it: a command by its QMP name, or a job such as {@code job 'b1'}
 * @param node the node whose bitmaps it concerns
 * @param host the machine's name; empty where it is not known
 * @param process the engine's process id
 * @param user the name of the user that the process runs as
 * @param millis milliseconds since 1970-01-01 UTC, by the engine's clock
 */
public record Stamp(
    String command, String node, String host, long process, String user, long millis) {}
