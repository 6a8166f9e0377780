package io.ashlar.engine.option;

/** What the arguments of a node say about one of its children; no entry when they say nothing. */
public sealed interface CheckedChild {
  /** The node of a name, which may or may not exist. */
  record ByName(String nodeName) implements CheckedChild {}

  /** A nested definition. */
  record Inline(CheckedNode node) implements CheckedChild {}

  /** None: {@code null}. */
  record Detached() implements CheckedChild {}
}
