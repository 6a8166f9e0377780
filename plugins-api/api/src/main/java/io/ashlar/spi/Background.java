package io.ashlar.spi;

/** Admission for I/O that a driver starts by itself. */
public interface Background {
  /**
   * Waits until the node is not quiesced and takes a ticket; quiescing the node waits for it.
   *
   * @throws BlockException CLOSED when the node is being closed
   */
  Ticket enter();

  /** A ticket; close it when the I/O is over. */
  interface Ticket extends AutoCloseable {
    @Override
    void close();
  }
}
