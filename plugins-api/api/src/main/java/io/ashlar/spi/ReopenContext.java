package io.ashlar.spi;

/** The state a node is to have after a reopen. */
public interface ReopenContext extends Environment {
  /** Which pass this is. */
  ReopenPass pass();

  /**
   * The driver's options after the reopen, checked; options that may not change are equal to the
   * present ones.
   */
  Options options();

  /** The generic options after the reopen. */
  NodeOptions nodeOptions();

  /** What the users of this node use and share after the reopen. */
  Permissions permissions();

  /** Whether there will be a child of that role. */
  ChildPresence presence(String role);

  /**
   * The child as it will be. In the DOWN pass this is the present edge. In the UP pass it is staged
   * access: it works already, for this node only, and becomes what the driver's own {@link Child}
   * object does when the step is committed.
   */
  Child child(String role);
}
