package io.ashlar.cli.run;

import com.typesafe.config.ConfigUtil;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.option.ReferenceDirectory;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.Texts;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Fills in the children that images name and the graph file does not, where the user allowed it:
 * plain names mean regular files under one directory. Nothing else that an image says is followed.
 */
final class References {
  private static final String BACKING = "backing";

  private final Path directory;
  private final Ashlar engine;
  private final OptionChecker checker;
  private final Map<String, Path> files = new HashMap<>();

  /**
   * A mapping.
   *
   * @param directory what {@code --allow-references} names, or {@code null} to map nothing
   */
  References(Path directory, Ashlar engine, OptionChecker checker) {
    this.directory = directory;
    this.engine = engine;
    this.checker = checker;
  }

  /** The arguments of {@code blockdev-add}, with what the images name filled in. */
  Map<String, Object> complete(Map<String, Object> definition) {
    remember(definition);
    return directory == null ? definition : completed(definition, Set.of());
  }

  /** The block that a graph file lacks, ready to be pasted; and the other ways out. */
  static String advice(BlockException e) {
    ImageReference reference = e.reference().orElse(null);
    if (reference == null) {
      return "";
    }
    String format = reference.format() == null ? "FORMAT" : Texts.printable(reference.format());
    return "\nadd to the node:    "
        + reference.role()
        + " { driver = "
        + ConfigUtil.quoteString(format).replaceAll("^\"([a-z0-9]+|FORMAT)\"$", "$1")
        + ", file { driver = file, filename = "
        + ConfigUtil.quoteString(Texts.printable(reference.name()))
        + " } }"
        + "\nor, to open it without:    "
        + reference.role()
        + " = null"
        + "\nor run it with --allow-references DIR, if DIR is where such files may lie";
  }

  private void remember(Map<String, Object> definition) {
    if (definition.get("node-name") instanceof String name
        && "file".equals(definition.get("driver"))
        && definition.get("filename") instanceof String filename) {
      files.put(name, Path.of(filename));
    }
    definition
        .values()
        .forEach(
            value -> {
              if (value instanceof Map<?, ?> nested) {
                remember(text(nested));
              }
            });
  }

  private Map<String, Object> completed(Map<String, Object> definition, Set<Path> seen) {
    Map<String, Object> whole = new LinkedHashMap<>();
    definition.forEach(
        (key, value) ->
            whole.put(key, value instanceof Map<?, ?> map ? completed(text(map), seen) : value));
    if (!(definition.get("driver") instanceof String name)) {
      return whole;
    }
    BlockDriver driver = checker.driver(name, List.of("driver"));
    Path image = image(definition);
    boolean takesBacking =
        driver
            .options()
            .child(BACKING)
            .map(ChildSpec::kind)
            .filter(ChildKind.BACKING::equals)
            .isPresent();
    if (takesBacking && !definition.containsKey(BACKING) && image != null) {
      engine.inspect(image, name).references().stream()
          .filter(reference -> reference.role().equals(BACKING))
          .findFirst()
          .ifPresent(reference -> whole.put(BACKING, backing(reference, image, seen)));
    }
    return whole;
  }

  private Path image(Map<String, Object> definition) {
    Object file = definition.get("file");
    if (file instanceof String name) {
      return files.get(name);
    }
    return file instanceof Map<?, ?> nested
            && "file".equals(nested.get("driver"))
            && nested.get("filename") instanceof String filename
        ? Path.of(filename)
        : null;
  }

  private Map<String, Object> backing(ImageReference reference, Path image, Set<Path> seen) {
    Path file = new ReferenceDirectory(directory).resolve(reference, image);
    Set<Path> chain = new HashSet<>(seen);
    chain.add(ReferenceDirectory.real(image));
    if (!chain.add(file)) {
      throw new BlockException(
          ErrorCode.GRAPH_CYCLE, "the backing chain comes back to '" + file + "'");
    }
    Map<String, Object> storage = new LinkedHashMap<>();
    storage.put("driver", "file");
    storage.put("filename", file.toString());
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("driver", reference.format());
    node.put("read-only", true);
    node.put("file", storage);
    return completed(node, chain);
  }

  @SuppressWarnings("unchecked") // the keys were text in the file
  private static Map<String, Object> text(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }
}
