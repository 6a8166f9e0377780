package io.ashlar.spi;

/**
 * The kinds of request. A filter names the ones it understands; the engine refuses the others at
 * that node instead of passing them through unfiltered.
 */
public enum Operation {
  READ,
  WRITE,
  WRITE_ZEROES,
  DISCARD,
  FLUSH,
  STATUS,
  WRITE_COMPRESSED,
  TRUNCATE
}
