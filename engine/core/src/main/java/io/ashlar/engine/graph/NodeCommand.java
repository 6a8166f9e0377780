package io.ashlar.engine.graph;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ReopenPass;
import java.util.Map;

/** The messages of a node's actor. */
public sealed interface NodeCommand {
  /**
   * Opens the driver's node and loads its bitmaps; the reply is its core object.
   *
   * @param children role to edge; the edges work
   */
  record Open(
      NodeChange change, Map<String, Edge> children, ActorRef<StatusReply<NodeCore>> replyTo)
      implements NodeCommand {}

  /**
   * One pass of prepare. Everything that can fail happens here. Refused once the change was given
   * up.
   *
   * @param children role to edge: the present ones in DOWN, staged ones in UP
   */
  record PrepareReopen(
      ReopenPass pass,
      NodeChange change,
      Map<String, Edge> children,
      ActorRef<StatusReply<Prepared>> replyTo)
      implements NodeCommand {}

  /**
   * Prepared.
   *
   * @param staged the node as it will be, for its parents' prepare
   */
  record Prepared(BlockIo staged) {}

  /** The decision was to commit: takes effect. Cannot fail. */
  record CommitReopen(NodeChange change, ActorRef<StatusReply<Done>> replyTo)
      implements NodeCommand {}

  /**
   * The decision was to abort: releases what that pass staged, once its call has returned. Cannot
   * fail.
   */
  record AbortReopen(ReopenPass pass, NodeChange change, ActorRef<StatusReply<Done>> replyTo)
      implements NodeCommand {}

  /**
   * Closes the driver's node and stops; the reply carries the driver's error, and the node is
   * closed all the same.
   */
  record Close(ActorRef<StatusReply<Done>> replyTo) implements NodeCommand {}

  /** A message for the node's bitmap directory. */
  record ForBitmaps(BitmapCommand command) implements NodeCommand {}
}
