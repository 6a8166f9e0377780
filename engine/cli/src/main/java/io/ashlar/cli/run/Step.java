package io.ashlar.cli.run;

import com.typesafe.config.ConfigValue;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One step of a graph file.
 *
 * @param number counts from 1 over the graph's nodes and the run list
 * @param command the name of the command
 * @param arguments its arguments
 * @param name what the file calls the step, or {@code null}
 * @param background the next step does not wait for its end
 * @param expectedError the error that is wanted, or {@code null}
 * @param skipped the reason why the step is left out, or {@code null}
 * @param source where it stands
 * @param prefix path from there to its arguments
 * @param onInconsistent what a backup does when its bitmap cannot be used
 * @param inner the steps of the process that a crash ends
 */
record Step(
    int number,
    String command,
    Map<String, Object> arguments,
    String name,
    boolean background,
    ErrorCode expectedError,
    String skipped,
    ConfigValue source,
    List<String> prefix,
    OnInconsistent onInconsistent,
    List<Step> inner) {

  /** What a backup does when its bitmap cannot be used. */
  enum OnInconsistent {
    /** It fails, as in QEMU. */
    FAIL,
    /** A new bitmap takes the place of the old one, and everything is copied. */
    FULL
  }

  private static final List<String> SUBJECTS =
      List.of("node-name", "node", "device", "above", "query", "id", "filename");

  /** Command and what it is about, for people. */
  String title() {
    StringBuilder title = new StringBuilder(command);
    if (command.startsWith("block-dirty-bitmap-") && arguments.get("node") instanceof String node) {
      Object bitmap = arguments.getOrDefault("name", arguments.get("target"));
      title.append(' ').append(node).append('/').append(bitmap);
    } else if (command.equals("compare")) {
      title.append(' ').append(side("a")).append(" and ").append(side("b"));
    } else if (arguments.get("options") instanceof Map<?, ?> options) {
      title.append(' ').append(options.get("driver"));
      Object file = options.get("file") instanceof Map<?, ?> nested ? nested.get("filename") : null;
      Object shown = options.containsKey("filename") ? options.get("filename") : file;
      title.append(shown == null ? "" : " " + shown);
    } else if (arguments.get("options") instanceof List<?> nodes) {
      title.append(' ').append(nodes.size()).append(nodes.size() == 1 ? " node" : " nodes");
    } else {
      SUBJECTS.stream()
          .map(arguments::get)
          .filter(String.class::isInstance)
          .findFirst()
          .ifPresent(subject -> title.append(' ').append(subject));
    }
    return name == null ? title.toString() : name + ": " + title;
  }

  private Object side(String key) {
    return arguments.get(key) instanceof Map<?, ?> definition
        ? definition.get("driver") + " " + key
        : arguments.get(key);
  }

  /** The name of the step for those who wait for it. */
  String handle() {
    return name == null ? "step " + number : name;
  }

  /** {@code FILE:LINE} of an option among the arguments. */
  String place(List<String> path) {
    List<String> whole = new ArrayList<>(prefix);
    // An element of "create" stands for the options alone.
    boolean brief = prefix.isEmpty() && command.equals("blockdev-create") && !path.isEmpty();
    whole.addAll(brief ? path.subList(1, path.size()) : path);
    return Places.below(source, whole);
  }
}
