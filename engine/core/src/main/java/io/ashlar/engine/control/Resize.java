package io.ashlar.engine.control;

import akka.Done;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.Preallocation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * {@code block_resize}: asks the bitmaps, changes the length, and has the bitmaps follow, all while
 * the node is quiesced. The bitmaps' part after the change cannot fail, so nothing has to be
 * undone.
 */
public final class Resize implements Cut {
  private final GraphControl control;
  private final String node;
  private final long length;
  private final Preallocation preallocation;

  /** A change of a node's length in bytes. */
  public Resize(GraphControl control, String node, long length, Preallocation preallocation) {
    this.control = control;
    this.node = node;
    this.length = length;
    this.preallocation = preallocation;
  }

  @Override
  public CompletionStage<Done> prepare(StagedNodes nodes) {
    NodeHandle handle = nodes.node(node);
    return control
        .<Done>bitmaps(handle, replyTo -> new BitmapCommand.MayResize(length, replyTo))
        .thenApplyAsync(
            done -> {
              handle.core().truncate(length, preallocation);
              return done;
            },
            control.services().drivers())
        .thenCompose(
            done ->
                control.bitmaps(
                    handle, replyTo -> new BitmapCommand.Resized(handle.core().length(), replyTo)));
  }

  @Override
  public CompletionStage<Done> abort() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }
}
