package io.ashlar.engine.command;

/**
 * An argument of a command that is more than a plain value.
 *
 * @param name its name
 * @param form what it is
 * @param doc one line for people
 */
public record ObjectArgument(String name, Form form, String doc) {
  /** Kinds of such arguments; all are required. */
  public enum Form {
    /** A node as {@code blockdev-add} takes it. */
    DEFINITION,
    /** A list of nodes as {@code blockdev-reopen} takes it. */
    REOPENED,
    /** {@code driver} and its create options. */
    CREATION,
    /** A list of bitmaps: names, or objects with {@code node} and {@code name}. */
    BITMAPS,
    /** A list of actions: objects with {@code type} and {@code data}. */
    ACTIONS
  }
}
