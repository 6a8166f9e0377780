package io.ashlar.engine.control;

import akka.Done;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.DirectoryFinish;
import io.ashlar.engine.graph.Asks;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.PermissionTable;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.Preallocation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * {@code block_resize}: asks the bitmaps, changes the length, and has the bitmaps follow, all while
 * the node is quiesced. Whatever happens, the bitmaps have the length that the node has, and a
 * failure that leaves another length than before says which.
 *
 * <p>A node that has grown is given back its length when the change is given up: nobody has written
 * there. What a shorter node has lost does not come back, so that a shrink stands once it was done.
 */
public final class Resize implements Cut {
  private static final Done DONE = Done.getInstance();

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

  /**
   * What the graph has to allow: a user for a moment, who changes the length and minds nobody.
   *
   * @throws BlockException PERMISSION_CONFLICT naming the user that relies on the length
   */
  public static Function<GraphModel, GraphModel> edit(String node) {
    return model -> {
      Permissions wanted = new Permissions(Permission.RESIZE.bit(), Permissions.ALL);
      GraphModel resized =
          model.with(new DeviceSpec("#block_resize", model.node(node).name(), wanted, false));
      PermissionTable.check(resized, resized.parentsFirst(Integer.MAX_VALUE));
      return model;
    };
  }

  @Override
  public CompletionStage<Done> prepare(StagedNodes nodes) {
    NodeHandle handle = nodes.node(node);
    return control
        .<Done>bitmaps(handle, replyTo -> new BitmapCommand.MayResize(length, replyTo))
        .thenComposeAsync(done -> change(handle), control.services().drivers());
  }

  private CompletionStage<Done> change(NodeHandle handle) {
    before = handle.core().length();
    CompletionStage<Done> changed = setLength(handle, length, preallocation);
    return changed
        .handle((done, error) -> error == null ? changed : failed(handle, Asks.cause(error)))
        .thenCompose(Function.identity());
  }

  private CompletionStage<Done> failed(NodeHandle handle, Throwable error) {
    CompletionStage<Done> undone =
        handle.core().length() > before
            ? setLength(handle, before, Preallocation.OFF)
            : CompletableFuture.completedFuture(DONE);
    return undone.handle(
        (done, again) -> {
          throw stated(handle, error);
        });
  }

  /** The driver first, then the bitmaps, for the length that it has then. */
  private CompletionStage<Done> setLength(NodeHandle handle, long bytes, Preallocation how) {
    try {
      handle.core().truncate(bytes, how);
    } catch (BlockException e) {
      return follow(handle)
          .thenApply(
              done -> {
                throw e;
              });
    }
    return follow(handle);
  }

  /** What a dead directory does not do is done for it. */
  private CompletionStage<Done> follow(NodeHandle handle) {
    long now = handle.core().length();
    return control
        .<Done>bitmaps(handle, replyTo -> new BitmapCommand.Resized(now, replyTo))
        .handle(
            (done, error) ->
                error == null
                    ? CompletableFuture.completedFuture(done)
                    : CompletableFuture.supplyAsync(
                        () -> {
                          DirectoryFinish.resized(node, handle.core().bitmaps(), now);
                          return DONE;
                        },
                        control.services().drivers()))
        .thenCompose(Function.identity());
  }

  private BlockException stated(NodeHandle handle, Throwable error) {
    BlockException known =
        error instanceof BlockException e
            ? e
            : new BlockException(ErrorCode.INTERNAL, "block_resize failed: " + error, error);
    long now = handle.core().length();
    if (now == before) {
      return known;
    }
    return new BlockException(
        known.code(),
        known.getMessage()
            + "; node '"
            + node
            + "' is "
            + now
            + " bytes long now and not "
            + before
            + " as before",
        known);
  }

  @Override
  public boolean undoable() {
    return length >= control.runtime().nodes().get(node).core().length();
  }

  @Override
  public CompletionStage<Done> abort() {
    NodeHandle handle = control.runtime().nodes().get(node);
    if (handle.core().length() <= before) {
      return CompletableFuture.completedFuture(DONE);
    }
    return CompletableFuture.supplyAsync(
            () -> setLength(handle, before, Preallocation.OFF), control.services().drivers())
        .thenCompose(Function.identity())
        .exceptionally(
            error -> {
              throw stated(handle, Asks.cause(error));
            });
  }
}
