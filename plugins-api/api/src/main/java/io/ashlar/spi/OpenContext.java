package io.ashlar.spi;

/** What a driver is given to open a node. It stays valid until the node is closed. */
public interface OpenContext extends Environment {
  /** The driver's own options, checked. */
  Options options();

  /** The generic options. */
  NodeOptions nodeOptions();

  /** What the users of this node together use and share; locks on files follow it. */
  Permissions permissions();

  /** What the caller said about a child. */
  ChildPresence presence(String role);

  /**
   * The edge to a child.
   *
   * @throws BlockException INTERNAL when the child is not there; ask {@link #presence} first for
   *     optional ones
   */
  Child child(String role);

  /**
   * Locks of ranges for requests that read in order to write. One per node is enough; ask once, at
   * open.
   *
   * @param granule bytes, a power of two; ranges are widened to it
   */
  RangeLock rangeLock(long granule);

  /** Admission of the driver's own I/O, such as cache write-back on a thread of its own. */
  Background background();

  /** Tells the engine of something that users should hear of; never blocks. */
  void report(NodeEvent event);
}
