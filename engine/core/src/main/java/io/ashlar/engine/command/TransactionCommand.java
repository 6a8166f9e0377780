package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.TransactionRequest;
import io.ashlar.engine.api.TransactionRequest.Abort;
import io.ashlar.engine.api.TransactionRequest.Action;
import io.ashlar.engine.api.TransactionRequest.AddBitmap;
import io.ashlar.engine.api.TransactionRequest.Backup;
import io.ashlar.engine.api.TransactionRequest.ClearBitmap;
import io.ashlar.engine.api.TransactionRequest.CompletionMode;
import io.ashlar.engine.api.TransactionRequest.EnableBitmap;
import io.ashlar.engine.api.TransactionRequest.MergeBitmaps;
import io.ashlar.engine.api.TransactionRequest.RemoveBitmap;
import io.ashlar.engine.api.TransactionRequest.Snapshot;
import io.ashlar.engine.command.ObjectArgument.Form;
import io.ashlar.engine.option.Names;
import io.ashlar.spi.OptionSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** QMP's {@code transaction}. */
final class TransactionCommand {
  private static final String ACTIONS = "actions";
  private static final String MODE = "properties.completion-mode";

  static final List<Command> ALL =
      List.of(
          new Command(
              CommandSpec.of(
                      "transaction",
                      "carries out several actions over several nodes, together or not at all",
                      OptionSpec.words(
                          MODE,
                          "individual",
                          "grouped: a job that fails or is cancelled cancels the others",
                          "individual",
                          "grouped"))
                  .with(
                      new ObjectArgument(
                          ACTIONS, Form.ACTIONS, "the actions, each with 'type' and 'data'"))
                  .startingJob(),
              TransactionCommand::run));

  /** What an action of some type takes, and the action. */
  private record Type(CommandSpec spec, Function<Arguments, Action> action) {}

  private static final Map<String, Type> TYPES = new LinkedHashMap<>();

  static {
    add(
        BitmapCommands.spec("block-dirty-bitmap-add"),
        a -> new AddBitmap(node(a), name(a), BitmapCommands.settings(a)));
    add(BitmapCommands.spec("block-dirty-bitmap-remove"), a -> new RemoveBitmap(node(a), name(a)));
    add(BitmapCommands.spec("block-dirty-bitmap-clear"), a -> new ClearBitmap(node(a), name(a)));
    add(
        BitmapCommands.spec("block-dirty-bitmap-enable"),
        a -> new EnableBitmap(node(a), name(a), true));
    add(
        BitmapCommands.spec("block-dirty-bitmap-disable"),
        a -> new EnableBitmap(node(a), name(a), false));
    add(
        BitmapCommands.spec("block-dirty-bitmap-merge"),
        a -> new MergeBitmaps(node(a), a.values().string("target"), BitmapCommands.sources(a)));
    add(JobCommands.BACKUP, a -> new Backup(JobCommands.request(a.values())));
    add(NodeCommands.SNAPSHOT, a -> new Snapshot(node(a), a.values().string("overlay")));
    add(CommandSpec.of("abort", "refuses the transaction"), a -> new Abort());
  }

  private TransactionCommand() {}

  private static void add(CommandSpec spec, Function<Arguments, Action> action) {
    TYPES.put(spec.name(), new Type(spec, action));
  }

  private static String node(Arguments a) {
    return a.values().string("node");
  }

  private static String name(Arguments a) {
    return a.values().string("name");
  }

  /**
   * The actions that a list means.
   *
   * @throws InvalidOptionException with the path from the top of the arguments
   */
  static List<Action> actions(Object value) {
    List<Action> all = new ArrayList<>();
    for (Object one : (List<?>) value) {
      List<String> path = List.of(ACTIONS, Integer.toString(all.size()));
      if (!(one instanceof Map<?, ?> map)) {
        throw new InvalidOptionException(path, "an action is an object with 'type' and 'data'");
      }
      CommandChecker.within(path, () -> all.add(action(map)));
    }
    return all;
  }

  private static Action action(Map<?, ?> map) {
    if (!(map.get("type") instanceof String name)) {
      throw new InvalidOptionException(List.of(), "an action needs 'type', the name of a command");
    }
    Type type = TYPES.get(name);
    if (type == null) {
      throw new InvalidOptionException(
          List.of("type"), "no action '" + name + "'" + Names.hint(name, TYPES.keySet()));
    }
    for (Object key : map.keySet()) {
      if (!key.equals("type") && !key.equals("data")) {
        throw new InvalidOptionException(
            List.of(String.valueOf(key)), "an action has 'type' and 'data', not '" + key + "'");
      }
    }
    Object data = map.containsKey("data") ? map.get("data") : Map.of();
    if (!(data instanceof Map<?, ?>)) {
      throw new InvalidOptionException(List.of("data"), "'data' must be an object");
    }
    List<Action> made = new ArrayList<>();
    CommandChecker.within(
        List.of("data"),
        () ->
            made.add(
                type.action()
                    .apply(CommandChecker.arguments(type.spec(), CommandChecker.map(data)))));
    return made.get(0);
  }

  private static Object run(Ashlar engine, Arguments a) {
    CompletionMode mode =
        a.values().string(MODE).equals("grouped")
            ? CompletionMode.GROUPED
            : CompletionMode.INDIVIDUAL;
    List<Job> jobs =
        engine.transaction(new TransactionRequest(actions(a.objects().get(ACTIONS)), mode)).await();
    return jobs.isEmpty() ? Map.of() : Map.of("job-ids", jobs.stream().map(Job::id).toList());
  }
}
