package io.ashlar.spi;

/** What a driver is given to make a new image. */
public interface CreateContext extends Environment {
  /** The checked create options. */
  Options options();

  /** What the caller said about a child of the create schema. */
  ChildPresence presence(String role);

  /** The edge to the node that will hold the image, open read-write. */
  Child child(String role);
}
