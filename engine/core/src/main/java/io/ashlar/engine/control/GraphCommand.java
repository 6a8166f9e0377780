package io.ashlar.engine.control;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.graph.NodeCommand;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.engine.reopen.Ended;
import io.ashlar.engine.reopen.Ledger;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The messages of the graph actor. */
public sealed interface GraphCommand {
  /**
   * A structural change.
   *
   * @param what names it in messages
   * @param edit the graph as it shall be, from the graph as it is when the change's turn comes; may
   *     throw a BlockException
   * @param touched nodes that must be quiesced although their definition stays
   * @param cut work at the moment of the change
   */
  record Change(
      String what,
      Function<GraphModel, GraphModel> edit,
      Set<String> touched,
      Cut cut,
      ActorRef<StatusReply<Changed>> replyTo)
      implements GraphCommand {}

  /**
   * A change took effect.
   *
   * @param before the graph as it was
   * @param after the graph as it is
   * @param nodes what happened to each node
   * @param afterwards what went wrong while it was carried out; it took effect all the same
   */
  record Changed(
      GraphModel before,
      GraphModel after,
      List<ReopenResult.PerNode> nodes,
      List<Throwable> afterwards) {}

  /** Internal: the driver of a failed node is to be closed, while no change runs. */
  record CloseFailed(NodeHandle handle) implements GraphCommand {}

  /** Internal: the actor of the running transaction stopped, after its decision or before. */
  record TransactionStopped(Ledger ledger) implements GraphCommand {}

  /** Internal: what was decided is carried out. */
  record TransactionEnded(Ended ended, Throwable error) implements GraphCommand {}

  /** Internal: it is closed, or did not end in its time. */
  record FailedClosed(NodeHandle handle, CompletionStage<Done> closed, Throwable error)
      implements GraphCommand {}

  /** Internal: an actor of a node stopped. */
  record NodeStopped(NodeHandle handle, ActorRef<NodeCommand> actor) implements GraphCommand {}
}
