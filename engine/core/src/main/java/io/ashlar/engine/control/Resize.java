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

  // Written before the stage of prepare completes, read after.
  private volatile long before;

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
              before = handle.core().length();
              handle.core().truncate(length, preallocation);
              return done;
            },
            control.services().drivers())
        .thenCompose(
            done ->
                control.bitmaps(
                    handle, replyTo -> new BitmapCommand.Resized(handle.core().length(), replyTo)));
  }

  /** What a shorter node has lost does not come back. */
  @Override
  public boolean undoable() {
    return length >= control.runtime().nodes().get(node).core().length();
  }

  /** Only when it came too late, and then it has grown: nobody has written there. */
  @Override
  public CompletionStage<Done> abort() {
    NodeHandle handle = control.runtime().nodes().get(node);
    return CompletableFuture.supplyAsync(
            () -> {
              handle.core().truncate(before, Preallocation.OFF);
              return Done.getInstance();
            },
            control.services().drivers())
        .thenCompose(
            done -> control.bitmaps(handle, replyTo -> new BitmapCommand.Resized(before, replyTo)));
  }
}
