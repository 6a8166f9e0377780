package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.option.Names;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Commands with QMP's names and arguments over an engine. Arguments and answers are made of {@code
 * Map}, {@code List}, {@code String}, {@code Number}, {@code Boolean} and {@code null}, as JSON and
 * HOCON give them. Calls block; they may come from many threads.
 */
public final class CommandSet {
  private static final Map<String, Command> COMMANDS = new LinkedHashMap<>();

  static {
    Stream.of(
            NodeCommands.ALL,
            BitmapCommands.ALL,
            JobCommands.ALL,
            TransactionCommand.ALL,
            QueryCommands.ALL)
        .flatMap(List::stream)
        .forEach(command -> COMMANDS.put(command.spec().name(), command));
  }

  private final Ashlar engine;

  /** The commands of an engine. */
  public CommandSet(Ashlar engine) {
    this.engine = engine;
  }

  /** All commands. */
  public static Collection<CommandSpec> specs() {
    return COMMANDS.values().stream().map(Command::spec).toList();
  }

  /** What a command takes. */
  public static Optional<CommandSpec> spec(String name) {
    return Optional.ofNullable(COMMANDS.get(name)).map(Command::spec);
  }

  /**
   * Checks the arguments of a command as far as that goes without an engine.
   *
   * @param checker checks the definitions of nodes
   * @throws InvalidOptionException with the path from the top of the arguments
   */
  public static void check(String name, Map<String, ?> arguments, OptionChecker checker) {
    CommandSpec spec = command(name).spec();
    CommandChecker.definitions(spec, CommandChecker.arguments(spec, arguments), checker);
  }

  /**
   * Carries a command out.
   *
   * @return what QMP calls the return value; an empty map when there is nothing to say
   * @throws BlockException the command's error; {@link #errorClass} gives QMP's word for it
   */
  public Object execute(String name, Map<String, ?> arguments) {
    Command command = command(name);
    return command.action().run(engine, CommandChecker.arguments(command.spec(), arguments));
  }

  /** QMP's error class of an error: {@code GenericError} but for a few. */
  public static String errorClass(ErrorCode code) {
    if (code == ErrorCode.NODE_NOT_FOUND) {
      return "DeviceNotFound";
    }
    return code == ErrorCode.JOB_NOT_FOUND ? "DeviceNotActive" : "GenericError";
  }

  private static Command command(String name) {
    Command command = COMMANDS.get(name);
    if (command == null) {
      throw new InvalidOptionException(
          List.of(),
          "no command '" + Texts.printable(name) + "'" + Names.hint(name, COMMANDS.keySet()));
    }
    return command;
  }
}
