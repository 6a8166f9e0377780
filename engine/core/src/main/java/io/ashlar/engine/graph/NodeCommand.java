package io.ashlar.engine.graph;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenPass;
import java.util.Map;

/** The messages of a node's actor. */
public sealed interface NodeCommand {
  /**
   * Opens the driver's node and loads its bitmaps; the reply is its core object. After a refusal
   * the actor stops.
   *
   * @param children role to edge; the edges work
   */
  record Open(
      NodeSpec spec,
      Permissions permissions,
      Map<String, Edge> children,
      ActorRef<StatusReply<NodeCore>> replyTo)
      implements NodeCommand {}

  /**
   * One pass of prepare. Everything that can fail happens here.
   *
   * @param next the node as it shall be; {@code null} when it is to be closed (DOWN only)
   * @param writing what happens to writing
   * @param children role to edge: the present ones in DOWN, staged ones in UP
   */
  record PrepareReopen(
      ReopenPass pass,
      NodeSpec next,
      Writing writing,
      Permissions permissions,
      Map<String, Edge> children,
      ActorRef<StatusReply<Prepared>> replyTo)
      implements NodeCommand {}

  /** What a change does to writing. */
  enum Writing {
    STAYS,
    LOST,
    GAINED
  }

  /**
   * Prepared.
   *
   * @param staged the node as it will be, for its parents' prepare
   */
  record Prepared(BlockIo staged) {}

  /** The decision was to commit: takes effect. Cannot fail. */
  record CommitReopen(NodeSpec next, ActorRef<StatusReply<Done>> replyTo) implements NodeCommand {}

  /** The decision was to abort: releases what was staged. Cannot fail. */
  record AbortReopen(ActorRef<StatusReply<Done>> replyTo) implements NodeCommand {}

  /**
   * Closes the driver's node and stops; the reply carries the driver's error, and the node is
   * closed all the same.
   */
  record Close(ActorRef<StatusReply<Done>> replyTo) implements NodeCommand {}

  /** A message for the node's bitmap directory. */
  record ForBitmaps(BitmapCommand command) implements NodeCommand {}
}
