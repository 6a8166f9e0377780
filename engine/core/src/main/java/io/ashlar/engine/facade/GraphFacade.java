package io.ashlar.engine.facade;

import akka.Done;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.BlockGraph;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DeviceStatistics;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.NodeInfo;
import io.ashlar.engine.api.NodeStatistics;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.control.Edits;
import io.ashlar.engine.control.ExternalSnapshot;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.control.ImageCreation;
import io.ashlar.engine.control.Resize;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.CheckedCreate;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.engine.transaction.SetActive;
import io.ashlar.engine.transaction.Transaction;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.Preallocation;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Commands on the graph: options are checked here, then the graph actor is asked for the change.
 */
final class GraphFacade implements BlockGraph {
  private final GraphControl control;
  private final OptionChecker checker;
  private final Replies replies;
  private final EventHub events;
  private final GraphQueries queries;
  private final BitmapNews news;
  private final AtomicLong generatedNames = new AtomicLong();
  private final Cleaner cleaner = Cleaner.create();

  GraphFacade(GraphControl control, OptionChecker checker, Replies replies, EventHub events) {
    this.control = control;
    this.checker = checker;
    this.replies = replies;
    this.events = events;
    this.queries = new GraphQueries(control.runtime());
    this.news = new BitmapNews(control.runtime(), events::publish);
  }

  @Override
  public Reply<NodeInfo> add(NodeDefinition definition) {
    return replies.reply(
        "blockdev-add",
        () -> {
          CheckedNode node = checker.checkNode(definition, generatedNames::getAndIncrement);
          return control
              .change("blockdev-add", model -> Edits.add(model, node))
              .thenApply(changed -> announced(changed, node.nodeName()));
        });
  }

  private NodeInfo announced(Changed changed, String name) {
    List<String> added = new ArrayList<>(changed.after().nodes().keySet());
    added.removeAll(changed.before().nodes().keySet());
    added.forEach(node -> events.publish(new Event.NodeAdded(node)));
    news.opened(added);
    return queries.node(complete(changed).after(), name);
  }

  @Override
  public Reply<Void> remove(String nodeName) {
    return replies.reply(
        "blockdev-del",
        () ->
            control
                .change("blockdev-del", model -> Edits.remove(model, nodeName))
                .thenApply(this::removed));
  }

  private Void removed(Changed changed) {
    for (String node : changed.before().nodes().keySet()) {
      if (!changed.after().nodes().containsKey(node)) {
        events.publish(new Event.NodeRemoved(node));
      }
    }
    complete(changed);
    return null;
  }

  /** A change that took effect with an error behind it is no success. */
  static Changed complete(Changed changed) {
    if (!changed.afterwards().isEmpty()) {
      BlockException first = Replies.asBlockException("closing", changed.afterwards().get(0));
      throw new BlockException(
          first.code(), "the change took effect, but: " + first.getMessage(), first);
    }
    return changed;
  }

  @Override
  public Reply<Void> create(String driver, Map<String, ?> options) {
    return replies.reply(
        "blockdev-create",
        () -> {
          CheckedCreate request =
              checker.checkCreate(
                  checker.driver(driver, List.of("driver")),
                  options,
                  generatedNames::getAndIncrement);
          return new ImageCreation(control, request, generatedNames.getAndIncrement())
              .run()
              .thenApply(done -> null);
        });
  }

  @Override
  public Reply<ReopenResult> reopen(List<NodeDefinition> definitions) {
    return replies.reply(
        "blockdev-reopen",
        () -> {
          List<CheckedNode> nodes = new ArrayList<>();
          for (int i = 0; i < definitions.size(); i++) {
            nodes.add(checkReopen(definitions.get(i), i));
          }
          return control
              .accountedChange(
                  "blockdev-reopen", model -> Edits.reopen(model, nodes), Set.of(), Cut.NONE)
              .thenApply(
                  changed -> {
                    ReopenResult result = result(complete(changed));
                    events.publish(new Event.Reopened(result));
                    return result;
                  });
        });
  }

  private CheckedNode checkReopen(NodeDefinition definition, int index) {
    try {
      return checker.checkReopen(definition);
    } catch (InvalidOptionException e) {
      List<String> path = new ArrayList<>(List.of("options", Integer.toString(index)));
      path.addAll(e.path());
      throw new InvalidOptionException(e.code(), path, e.getMessage());
    }
  }

  private static ReopenResult result(Changed changed) {
    return new ReopenResult(true, changed.nodes());
  }

  @Override
  public Reply<NodeInfo> insertFilter(NodeDefinition filter, String above) {
    return replies.reply(
        "blockdev-insert-filter",
        () -> {
          CheckedNode node = checker.checkNode(filter, generatedNames::getAndIncrement);
          return control
              .change("blockdev-insert-filter", model -> Edits.insertFilter(model, node, above))
              .thenApply(changed -> announced(changed, node.nodeName()));
        });
  }

  @Override
  public Reply<Void> removeFilter(String nodeName) {
    return replies.reply(
        "blockdev-remove-filter",
        () ->
            control
                .change("blockdev-remove-filter", model -> Edits.removeFilter(model, nodeName))
                .thenApply(this::removed));
  }

  @Override
  public Reply<Void> snapshot(String node, String overlay) {
    return replies.reply(
        "blockdev-snapshot",
        () ->
            control
                .change(ExternalSnapshot.action(node, overlay))
                .thenApply(
                    changed -> {
                      complete(changed);
                      return null;
                    }));
  }

  @Override
  public Reply<Void> setActive(String nodeName, boolean active) {
    return replies.reply(
        "blockdev-set-active",
        () ->
            Transaction.alone(control, new SetActive(nodeName, active))
                .run()
                .thenApply(
                    changed -> {
                      if (active) {
                        news.opened(activated(changed));
                      }
                      complete(changed);
                      return null;
                    }));
  }

  private static List<String> activated(Changed changed) {
    return changed.after().nodes().values().stream()
        .filter(node -> node.active() && !changed.before().node(node.name()).active())
        .map(NodeSpec::name)
        .toList();
  }

  @Override
  public Reply<Void> resize(String nodeName, long length, Preallocation preallocation) {
    return replies.reply(
        "block_resize",
        () ->
            control
                .change(
                    "block_resize",
                    Resize.edit(nodeName),
                    Set.of(nodeName),
                    new Resize(control, nodeName, length, preallocation))
                .thenApply(
                    changed -> {
                      complete(changed);
                      return null;
                    }));
  }

  @Override
  public Reply<List<NodeInfo>> nodes() {
    return replies.reply(
        "query-named-block-nodes", () -> CompletableFuture.completedFuture(queries.nodes()));
  }

  @Override
  public Reply<NodeInfo> node(String nodeName) {
    return replies.reply(
        "query of node '" + nodeName + "'",
        () -> CompletableFuture.completedFuture(queries.node(nodeName)));
  }

  @Override
  public Set<String> heldNodes() {
    return control.runtime().held();
  }

  @Override
  public Reply<BlockDevice> attach(String nodeName, DeviceSettings settings) {
    return replies.reply(
        "attaching device '" + settings.name() + "'",
        () ->
            control
                .attach(new DeviceSpec(settings.name(), nodeName, permissions(settings), false))
                .thenApply(core -> new DeviceFacade(core, control, replies, cleaner)));
  }

  private static Permissions permissions(DeviceSettings settings) {
    int used = Permission.CONSISTENT_READ.bit();
    if (settings.writable()) {
      used |= Permission.WRITE.bit();
    }
    if (settings.resizable()) {
      used |= Permission.RESIZE.bit();
    }
    int shared = settings.writable() ? Permissions.ALL & ~Permission.WRITE.bit() : Permissions.ALL;
    return new Permissions(used, shared);
  }

  @Override
  public Reply<List<NodeStatistics>> statistics() {
    return replies.reply(
        "query-blockstats", () -> CompletableFuture.completedFuture(queries.statistics()));
  }

  @Override
  public Reply<List<DeviceStatistics>> deviceStatistics() {
    return replies.reply(
        "query-blockstats", () -> CompletableFuture.completedFuture(queries.deviceStatistics()));
  }

  /** Removes every node; for closing the engine. */
  java.util.concurrent.CompletionStage<Done> removeAll() {
    return control
        .change("closing the engine", model -> GraphModel.EMPTY)
        .thenApply(
            changed -> {
              removed(changed);
              return Done.getInstance();
            });
  }
}
