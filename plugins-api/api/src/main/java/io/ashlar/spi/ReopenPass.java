package io.ashlar.spi;

/** The two passes of prepare. */
public enum ReopenPass {
  /** Parents first: put on disk what the old graph owes, through the present children. */
  DOWN,
  /** Children first: get ready what the new graph needs, through the children's staged access. */
  UP
}
