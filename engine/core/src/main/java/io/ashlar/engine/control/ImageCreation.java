package io.ashlar.engine.control;

import akka.Done;
import io.ashlar.engine.graph.CreateSetting;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.Edge;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedCreate;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * {@code blockdev-create}: nested children are opened for the time of the creation; every child is
 * held by a device that writes and resizes, so that nobody else changes it meanwhile.
 */
public final class ImageCreation {
  private final GraphControl control;
  private final CheckedCreate request;
  private final String deviceName;
  private final Map<String, String> children = new LinkedHashMap<>();
  private final List<CheckedNode> nested = new ArrayList<>();

  /**
   * A creation.
   *
   * @param number tells its devices from those of others
   */
  public ImageCreation(GraphControl control, CheckedCreate request, long number) {
    this.control = control;
    this.request = request;
    this.deviceName = "#create" + number;
    request
        .children()
        .forEach(
            (role, child) -> {
              if (child instanceof CheckedChild.ByName byName) {
                children.put(role, byName.nodeName());
              } else if (child instanceof CheckedChild.Inline inline) {
                nested.add(inline.node());
                children.put(role, inline.node().nodeName());
              }
            });
  }

  /**
   * Runs it; the stage fails with the driver's error, after what was opened for it is closed again.
   */
  public CompletionStage<Done> run() {
    return control
        .change("blockdev-create", this::open)
        .thenCompose(
            changed ->
                CompletableFuture.supplyAsync(this::create, control.services().drivers())
                    .handle((done, error) -> close(error))
                    .thenCompose(Function.identity()));
  }

  private GraphModel open(GraphModel model) {
    GraphModel next = model;
    for (CheckedNode node : nested) {
      next = Edits.add(next, node);
    }
    Permissions permissions =
        new Permissions(
            Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE, Permission.RESIZE),
            Permission.CONSISTENT_READ.bit());
    for (Map.Entry<String, String> child : children.entrySet()) {
      next.node(child.getValue());
      next =
          next.with(
              new DeviceSpec(
                  deviceName + "-" + child.getKey(), child.getValue(), permissions, true));
    }
    return next;
  }

  private Done create() {
    Map<String, Edge> edges = new LinkedHashMap<>();
    Map<DeviceCore, Long> tickets = new LinkedHashMap<>();
    try {
      children.forEach(
          (role, node) -> {
            DeviceCore device = control.runtime().devices().get(deviceName + "-" + role);
            tickets.put(device, device.gate().enter());
            edges.put(role, new Edge(role, node, device.root()));
          });
      CreateSetting.run(request.driver(), request.options(), edges, deviceName, control.services());
      edges.values().forEach(Edge::flush);
      return Done.getInstance();
    } finally {
      tickets.forEach((device, ticket) -> device.gate().leave(ticket));
    }
  }

  private CompletionStage<Done> close(Throwable error) {
    return control
        .change(
            "blockdev-create",
            model -> {
              GraphModel next = model;
              for (String role : children.keySet()) {
                next = next.minusDevice(deviceName + "-" + role);
              }
              for (CheckedNode node : nested) {
                next = Edits.remove(next, node.nodeName());
              }
              return next;
            })
        .handle(
            (changed, second) -> {
              if (error != null) {
                throw asBlockException(error);
              }
              if (second != null) {
                throw asBlockException(second);
              }
              return Done.getInstance();
            });
  }

  private static BlockException asBlockException(Throwable error) {
    Throwable cause =
        error.getCause() != null && !(error instanceof BlockException) ? error.getCause() : error;
    return cause instanceof BlockException known
        ? known
        : new BlockException(ErrorCode.INTERNAL, "blockdev-create failed: " + cause, cause);
  }
}
