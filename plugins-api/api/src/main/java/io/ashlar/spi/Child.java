package io.ashlar.spi;

/**
 * An edge from a node to one of its children: the data path of the child with the permissions that
 * this edge took. The engine may put another node behind it while the parent is quiesced; the
 * object stays.
 */
public interface Child extends BlockIo {
  /** The role of this child, such as {@code file} or {@code backing}. */
  String role();

  /** The name of the node behind the edge, for messages. */
  String nodeName();
}
