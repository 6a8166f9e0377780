package io.ashlar.engine.api;

import io.ashlar.spi.BlockException;

/** A reopen that was given up after it had begun: nothing has changed, and what happened where. */
public final class ReopenException extends BlockException {
  private static final long serialVersionUID = 1L;

  private final transient ReopenResult result;

  /**
   * The reason with the account of all nodes.
   *
   * @param reason what it was given up for; its code and message are those of this
   */
  public ReopenException(BlockException reason, ReopenResult result) {
    super(reason.code(), reason.getMessage(), reason);
    this.result = result;
  }

  /** What happened to each node. */
  public ReopenResult result() {
    return result;
  }
}
