package io.ashlar.driver.qcow2;

import java.util.function.UnaryOperator;

/** Changes of the header, one at a time, each durable when the call returns. */
interface HeaderSwitch {
  /** The header that is durable for certain. */
  Header header();

  /**
   * Makes a change of the present header durable.
   *
   * @throws io.ashlar.spi.BlockException with unknown outcome; what either header refers to has to
   *     stay
   */
  void change(UnaryOperator<Header> change);

  /** Settles the outcome of a change that failed; throws when that fails too. */
  void settle();
}
