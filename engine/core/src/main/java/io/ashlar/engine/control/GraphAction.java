package io.ashlar.engine.control;

import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A structural change that can be made alone or together with others in one transaction.
 *
 * @param what names it in messages
 * @param edit the graph as it shall be, from the graph as it is; pure; may throw a {@link
 *     io.ashlar.spi.BlockException}
 * @param touched nodes that must be quiesced although their definition stays
 * @param cut work at the moment of the change
 */
public record GraphAction(
    String what, UnaryOperator<GraphModel> edit, Set<String> touched, Cut cut) {
  /** Copies the set. */
  public GraphAction {
    touched = Set.copyOf(touched);
  }
}
