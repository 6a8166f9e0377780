package io.ashlar.engine.sim;

import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.control.Edits;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.StatedOptions;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.engine.transaction.Action;
import io.ashlar.engine.transaction.Actions;
import io.ashlar.engine.transaction.Transaction;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** What the steps of a history are to the engine. */
final class Commands {
  private final Map<String, BlockDriver> drivers = new LinkedHashMap<>();
  private final SimEngine engine;

  Commands(World world, SimEngine engine) {
    this.engine = engine;
    for (SimDriver driver :
        List.of(
            SimDriver.file(world),
            SimDriver.image(world),
            SimDriver.raw(world),
            SimDriver.filter(world))) {
      drivers.put(driver.name(), driver);
    }
  }

  /** By name. */
  Map<String, BlockDriver> drivers() {
    return drivers;
  }

  /** The graph that a structural step asks for, or {@code null} for another step. */
  Function<GraphModel, GraphModel> edit(Step step) {
    if (step instanceof Step.Reopen s) {
      return model -> Edits.reopen(model, reopened(model, s.nodes()));
    }
    if (step instanceof Step.Add s) {
      return model -> Edits.add(model, checked(s.node()));
    }
    if (step instanceof Step.Delete s) {
      return model -> Edits.remove(model, s.node());
    }
    if (step instanceof Step.Insert s) {
      return model -> Edits.insertFilter(model, filter(model, s), s.above());
    }
    if (step instanceof Step.Remove s) {
      return model -> Edits.removeFilter(model, s.filter());
    }
    if (step instanceof Step.Attach s) {
      return model -> attached(model, s);
    }
    if (step instanceof Step.Detach s) {
      return model -> model.minusDevice(s.device());
    }
    return null;
  }

  /** All nodes and devices to begin with, in one change. */
  GraphModel initial(GraphModel model, History history) {
    GraphModel next = model;
    for (Step.Node node : history.graph()) {
      next = Edits.add(next, checked(node));
    }
    for (Step.Attach device : history.devices()) {
      next = attached(next, device);
    }
    return next;
  }

  private static GraphModel attached(GraphModel model, Step.Attach s) {
    int used = Permission.CONSISTENT_READ.bit();
    int shared = Permissions.ALL;
    if (s.writable()) {
      used |= Permission.WRITE.bit();
      shared &= ~Permission.WRITE.bit();
    }
    return model.with(new DeviceSpec(s.device(), s.node(), new Permissions(used, shared), false));
  }

  private CheckedNode filter(GraphModel model, Step.Insert s) {
    boolean readOnly = model.node(s.above()).nodeOptions().readOnly();
    return checked(
        new Step.Node(s.filter(), "sim-filter", readOnly, Map.of(), Map.of("file", s.above())));
  }

  private CheckedNode checked(Step.Node node) {
    return checked(node, false);
  }

  private CheckedNode checked(Step.Node node, boolean nested) {
    Map<String, CheckedChild> children = new LinkedHashMap<>();
    node.named().forEach((role, child) -> children.put(role, new CheckedChild.ByName(child)));
    node.owned()
        .forEach(
            (role, child) -> children.put(role, new CheckedChild.Inline(checked(child, true))));
    Map<String, Object> options = new LinkedHashMap<>();
    if (node.driver().equals("sim-file")) {
      options.put("disk", node.name());
    }
    return new CheckedNode(
        node.name(),
        drivers.get(node.driver()),
        nested
            ? StatedOptions.NONE.under(
                NodeOptions.DEFAULTS.withReadOnly(node.readOnly()), ChildKind.STORAGE)
            : NodeOptions.DEFAULTS.withReadOnly(node.readOnly()),
        Options.of(options),
        children,
        nested ? StatedOptions.NONE : stated(node.readOnly()));
  }

  /** Nested nodes inherit whether they are read-only. */
  private static StatedOptions stated(Boolean readOnly) {
    return new StatedOptions(readOnly, null, null, null, null, null, null);
  }

  private List<CheckedNode> reopened(GraphModel model, List<Step.Options> nodes) {
    List<CheckedNode> all = new ArrayList<>();
    for (Step.Options options : nodes) {
      NodeSpec spec = model.node(options.node());
      Map<String, Object> values = new LinkedHashMap<>(spec.options().asMap());
      values.remove("knob");
      if (options.knob() != null) {
        values.put("knob", options.knob());
      }
      Map<String, CheckedChild> children = new LinkedHashMap<>();
      spec.children()
          .forEach(
              (role, child) -> {
                if (!spec.owned().contains(child)) {
                  children.put(role, new CheckedChild.ByName(child));
                }
              });
      if (options.backing() != null) {
        children.put(
            "backing",
            options.backing().isEmpty()
                ? new CheckedChild.Detached()
                : new CheckedChild.ByName(options.backing()));
      }
      all.add(
          new CheckedNode(
              options.node(),
              spec.driver(),
              NodeOptions.DEFAULTS.withReadOnly(Boolean.TRUE.equals(options.readOnly())),
              Options.of(values),
              children,
              stated(options.readOnly())));
    }
    return all;
  }

  /** Sends a command on a bitmap; the stage of its end, or {@code null} for another step. */
  CompletionStage<?> bitmaps(Step step) {
    if (step instanceof Step.AddBitmap s) {
      return engine
          .control()
          .<io.ashlar.engine.api.BitmapInfo>bitmaps(
              s.node(),
              replyTo ->
                  new BitmapCommand.Add(
                      s.bitmap(),
                      new io.ashlar.engine.api.Bitmaps.Settings(
                          SimImage.GRANULE, s.persistent(), s.disabled()),
                      SimImage.GRANULE,
                      replyTo));
    }
    if (step instanceof Step.RemoveBitmap s) {
      return engine
          .control()
          .<Boolean>bitmaps(s.node(), replyTo -> new BitmapCommand.Remove(s.bitmap(), replyTo));
    }
    if (step instanceof Step.Clear s) {
      return engine
          .control()
          .<akka.Done>bitmaps(s.node(), replyTo -> new BitmapCommand.Clear(s.bitmap(), replyTo));
    }
    if (step instanceof Step.Enable s) {
      return engine
          .control()
          .<akka.Done>bitmaps(
              s.node(), replyTo -> new BitmapCommand.SetEnabled(s.bitmap(), s.enabled(), replyTo));
    }
    if (step instanceof Step.Merge s) {
      return engine
          .control()
          .<io.ashlar.engine.bitmap.bits.BitTree>bitmaps(
              s.node(), replyTo -> new BitmapCommand.Snapshot(s.source(), replyTo))
          .thenCompose(
              tree ->
                  engine
                      .control()
                      .<akka.Done>bitmaps(
                          s.node(),
                          replyTo ->
                              new BitmapCommand.Merge(
                                  s.target(), List.of(tree), List.of(s.source()), replyTo)));
    }
    if (step instanceof Step.Thaw s) {
      return engine
          .control()
          .<akka.Done>bitmaps(
              s.node(), replyTo -> new BitmapCommand.Thaw(s.bitmap(), s.replace(), null, replyTo));
    }
    return null;
  }

  /** Several commands on bitmaps, all or none. */
  CompletionStage<Changed> together(Step.Together s) {
    return new Transaction(engine.control(), s.actions().stream().map(Commands::action).toList())
        .run();
  }

  private static Action action(Step step) {
    if (step instanceof Step.AddBitmap s) {
      return Actions.add(
          s.node(),
          s.bitmap(),
          new io.ashlar.engine.api.Bitmaps.Settings(
              SimImage.GRANULE, s.persistent(), s.disabled()));
    } else if (step instanceof Step.RemoveBitmap s) {
      return Actions.remove(s.node(), s.bitmap());
    } else if (step instanceof Step.Clear s) {
      return Actions.clear(s.node(), s.bitmap());
    } else if (step instanceof Step.Enable s) {
      return Actions.setEnabled(s.node(), s.bitmap(), s.enabled());
    }
    throw new IllegalArgumentException("no action: " + step);
  }

  /** The start of a backup, as far as the bitmap goes. */
  Cut freezing(Step.Freeze s) {
    return new Cut() {
      @Override
      public CompletionStage<akka.Done> prepare(StagedNodes nodes) {
        NodeHandle handle = nodes.node(s.node());
        return engine
            .control()
            .<io.ashlar.engine.bitmap.bits.BitTree>bitmaps(
                handle, replyTo -> new BitmapCommand.Freeze(s.bitmap(), "job 'j'", false, replyTo))
            .thenApply(tree -> akka.Done.getInstance());
      }

      @Override
      public CompletionStage<akka.Done> abort() {
        return CompletableFuture.completedFuture(akka.Done.getInstance());
      }
    };
  }
}
