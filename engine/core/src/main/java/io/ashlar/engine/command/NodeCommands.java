package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.command.ObjectArgument.Form;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Preallocation;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Commands that change the graph. */
final class NodeCommands {
  /** Making an image can mean writing all of it. */
  private static final Duration CREATION = Duration.ofDays(1);

  /** {@code blockdev-snapshot}, as a command and in a transaction. */
  static final CommandSpec SNAPSHOT =
      CommandSpec.of(
          "blockdev-snapshot",
          "puts an overlay above a node; the node becomes its backing, and read-only",
          OptionSpec.string("node", "the node whose content is kept").mandatory(),
          OptionSpec.string("overlay", "an open node without backing and users").mandatory());

  static final List<Command> ALL =
      List.of(
          new Command(
              CommandSpec.of(
                      "blockdev-create",
                      "makes an image; the answer comes when it is made",
                      OptionSpec.string("job-id", "QMP's name of the call; not used"))
                  .with(
                      new ObjectArgument(
                          "options", Form.CREATION, "the driver and its options for new images")),
              NodeCommands::create),
          new Command(
              CommandSpec.of("blockdev-add", "adds a node and its nested children")
                  .takingDefinition(),
              (engine, a) -> {
                engine.graph().add(NodeDefinition.of(a.raw())).await();
                return Map.of();
              }),
          new Command(
              CommandSpec.of(
                  "blockdev-del", "closes a node and its nested children", nodeName("the node")),
              (engine, a) -> {
                engine.graph().remove(a.values().string("node-name")).await();
                return Map.of();
              }),
          new Command(
              CommandSpec.of("blockdev-reopen", "gives nodes new options, all or nothing")
                  .with(new ObjectArgument("options", Form.REOPENED, "the nodes with all options")),
              NodeCommands::reopen),
          new Command(
              SNAPSHOT,
              (engine, a) -> {
                engine
                    .graph()
                    .snapshot(a.values().string("node"), a.values().string("overlay"))
                    .await();
                return Map.of();
              }),
          new Command(
              CommandSpec.of(
                  "blockdev-set-active",
                  "gives images up to another process, or takes them back",
                  OptionSpec.string("node-name", "the node; all nodes if left out"),
                  OptionSpec.bool("active", true, "false: closed, with nothing kept in memory")
                      .mandatory()),
              (engine, a) -> {
                engine
                    .graph()
                    .setActive(
                        a.values().optionalString("node-name").orElse(null),
                        a.values().bool("active"))
                    .await();
                return Map.of();
              }),
          new Command(
              CommandSpec.of(
                  "block_resize",
                  "changes the length of a node",
                  nodeName("the node"),
                  OptionSpec.size("size", "the new length in bytes").mandatory(),
                  OptionSpec.words(
                      "preallocation",
                      "off",
                      "how much space is taken at once",
                      "off",
                      "metadata",
                      "falloc",
                      "full")),
              NodeCommands::resize),
          new Command(
              CommandSpec.of(
                      "blockdev-insert-filter",
                      "puts a filter between a running node and its users",
                      OptionSpec.string("above", "the node that gets the filter").mandatory())
                  .with(
                      new ObjectArgument(
                          "filter", Form.DEFINITION, "the filter; its child must be that node")),
              (engine, a) -> {
                NodeDefinition filter =
                    NodeDefinition.of(CommandChecker.map(a.objects().get("filter")));
                CommandChecker.within(
                    List.of("filter"),
                    () -> engine.graph().insertFilter(filter, a.values().string("above")).await());
                return Map.of();
              }),
          new Command(
              CommandSpec.of(
                  "blockdev-remove-filter",
                  "takes a filter out again; its users get its child",
                  nodeName("the filter")),
              (engine, a) -> {
                engine.graph().removeFilter(a.values().string("node-name")).await();
                return Map.of();
              }));

  private NodeCommands() {}

  private static Object create(Ashlar engine, Arguments a) {
    Map<String, ?> options = CommandChecker.map(a.objects().get("options"));
    CommandChecker.within(
        List.of("options"),
        () ->
            engine
                .graph()
                .create(CommandChecker.driverOf(options), CommandChecker.withoutDriver(options))
                .await(CREATION));
    return Map.of();
  }

  private static Object reopen(Ashlar engine, Arguments a) {
    ReopenResult result =
        engine.graph().reopen(CommandChecker.reopened(a.objects().get("options"))).await();
    return ReopenAccount.of(result);
  }

  private static Object resize(Ashlar engine, Arguments a) {
    Preallocation preallocation =
        Preallocation.valueOf(a.values().string("preallocation").toUpperCase(Locale.ROOT));
    engine
        .graph()
        .resize(a.values().string("node-name"), a.values().number("size"), preallocation)
        .await(CREATION);
    return Map.of();
  }

  private static OptionSpec nodeName(String doc) {
    return OptionSpec.string("node-name", doc).mandatory();
  }
}
