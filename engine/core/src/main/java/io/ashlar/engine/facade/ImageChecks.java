package io.ashlar.engine.facade;

import io.ashlar.engine.api.BlockGraph;
import io.ashlar.engine.api.ImageCheck;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Checks of images that nobody here has open. An image is looked at through a read-only node. It is
 * mended by the driver while a read-write node is opened, before anything else is written to it;
 * the rest of that opening recovers the bitmaps that a crash left, and the close stores them.
 */
final class ImageChecks {
  private final GraphControl control;
  private final BlockGraph graph;
  private final ImageInspection inspection;
  private final AtomicLong count = new AtomicLong();

  ImageChecks(GraphControl control, BlockGraph graph, ImageInspection inspection) {
    this.control = control;
    this.graph = graph;
    this.inspection = inspection;
  }

  /** What a look found. */
  private record Look(CheckResult result, boolean marked) {
    /** Whether a repair has anything to do. */
    boolean sound() {
      return result.corruptions() == 0 && result.leaks() == 0 && !marked;
    }
  }

  CompletionStage<ImageCheck> check(Path image, String format, Repair repair) {
    NodeDefinition definition = definition(image, format);
    return look(definition)
        .thenCompose(
            found -> {
              if (repair == Repair.NONE || found.sound()) {
                return CompletableFuture.completedFuture(
                    new ImageCheck(found.result(), found.result(), Optional.empty()));
              }
              return mend(definition, repair)
                  .thenCompose(
                      refused ->
                          look(definition)
                              .thenApply(
                                  left -> new ImageCheck(found.result(), left.result(), refused)));
            });
  }

  /** Names in the image are not followed: a check looks at one file. */
  private NodeDefinition definition(Path image, String format) {
    boolean layered =
        !format.equals("raw")
            && inspection.inspect(image, format).references().stream()
                .anyMatch(reference -> reference.role().equals("backing"));
    NodeDefinition definition =
        NodeDefinition.of(
            Map.of(
                "driver", format, "file", Map.of("driver", "file", "filename", image.toString())));
    return layered ? definition.with("backing", (Object) null) : definition;
  }

  private CompletionStage<Look> look(NodeDefinition definition) {
    return open(
        definition.with("read-only", true),
        node ->
            CompletableFuture.supplyAsync(
                () -> look(control.runtime().nodes().get(node).core().driver(), definition),
                control.services().drivers()));
  }

  private static Look look(BlockNode node, NodeDefinition definition) {
    if (!(node instanceof Checkable checkable)) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "images of format '" + definition.arguments().get("driver") + "' cannot be checked");
    }
    Map<String, Object> details = node.details();
    boolean marked =
        Boolean.TRUE.equals(details.get("dirty-flag"))
            || Boolean.TRUE.equals(details.get("corrupt"));
    return new Look(checkable.check(Repair.NONE), marked);
  }

  /** Why not everything was mended; empty when it was. */
  private CompletionStage<Optional<String>> mend(NodeDefinition definition, Repair repair) {
    NodeDefinition writable =
        definition.with("read-only", false).with("repair", repair.name().toLowerCase(Locale.ROOT));
    return open(writable, node -> CompletableFuture.completedFuture(Optional.<String>empty()))
        .exceptionally(
            error -> {
              BlockException known = Replies.asBlockException("a repair", error);
              if (known.code() != ErrorCode.IMAGE_CORRUPT) {
                throw known;
              }
              return Optional.of(known.getMessage());
            });
  }

  /** Opens a node, does something with it, and closes it whatever came of that. */
  private <T> CompletionStage<T> open(
      NodeDefinition definition, Function<String, CompletionStage<T>> work) {
    String name = "check-" + count.incrementAndGet();
    return graph
        .add(definition.with("node-name", name))
        .toCompletionStage()
        .thenCompose(
            added ->
                work.apply(name)
                    .handle((result, error) -> closed(name, result, error))
                    .thenCompose(Function.identity()));
  }

  private <T> CompletionStage<T> closed(String name, T result, Throwable error) {
    return graph
        .remove(name)
        .toCompletionStage()
        .handle(
            (done, closing) -> {
              if (error != null) {
                throw Replies.asBlockException("a check", error);
              }
              if (closing != null) {
                throw Replies.asBlockException("closing after a check", closing);
              }
              return result;
            });
  }
}
