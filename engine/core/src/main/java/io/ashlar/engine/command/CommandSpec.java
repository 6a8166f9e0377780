package io.ashlar.engine.command;

import io.ashlar.spi.OptionSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * What a command takes.
 *
 * @param name QMP's name
 * @param doc one line for people
 * @param definition the arguments themselves are the definition of a node
 * @param arguments the plain arguments
 * @param objects the others
 * @param startsJob the answer comes when a job runs, and names it as {@code job-id}, or several as
 *     the list {@code job-ids}
 */
public record CommandSpec(
    String name,
    String doc,
    boolean definition,
    List<OptionSpec> arguments,
    List<ObjectArgument> objects,
    boolean startsJob) {

  /** Copies the lists. */
  public CommandSpec {
    arguments = List.copyOf(arguments);
    objects = List.copyOf(objects);
  }

  static CommandSpec of(String name, String doc, OptionSpec... arguments) {
    return new CommandSpec(name, doc, false, List.of(arguments), List.of(), false);
  }

  CommandSpec with(ObjectArgument... more) {
    return new CommandSpec(name, doc, definition, arguments, List.of(more), startsJob);
  }

  CommandSpec startingJob() {
    return new CommandSpec(name, doc, definition, arguments, objects, true);
  }

  CommandSpec takingDefinition() {
    return new CommandSpec(name, doc, true, arguments, objects, startsJob);
  }

  /** The names of all arguments. */
  public List<String> argumentNames() {
    List<String> names = new ArrayList<>();
    arguments.forEach(argument -> names.add(argument.name()));
    objects.forEach(object -> names.add(object.name()));
    return names;
  }
}
