package io.ashlar.cli.run;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.option.MapChecker;
import io.ashlar.engine.option.ValueChecker;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.List;
import java.util.Map;

/**
 * A parameter that a graph file declares.
 *
 * @param name its name, as in {@code --set NAME=VALUE} and <code>${NAME}</code>
 * @param type what values it takes
 * @param value the default as it stands in the file, or {@code null}
 * @param required it must be set
 * @param doc one line for people
 * @param place where it is declared
 */
record Parameter(String name, Type type, Object value, boolean required, String doc, String place) {

  /** What values a parameter takes. */
  enum Type {
    /** Any text. */
    STRING("string"),
    /** Bytes. */
    SIZE("size"),
    /** A whole number. */
    INTEGER("integer"),
    /** True or false. */
    BOOLEAN("boolean"),
    /** The path of a file that exists. */
    FILE("file"),
    /** A directory that results go to; made when needed; a new temporary one when not set. */
    OUTPUT_DIRECTORY("output-directory");

    private final String word;

    Type(String word) {
      this.word = word;
    }
  }

  private static final List<OptionSpec> SCHEMA =
      List.of(
          OptionSpec.words(
              "type",
              "string",
              "what values it takes",
              "string",
              "size",
              "integer",
              "boolean",
              "file",
              "output-directory"),
          OptionSpec.bool("required", false, "it must be set"),
          OptionSpec.string("doc", "one line for people").withDefault(""));

  /** Reads one declaration. */
  static Parameter parse(String name, ConfigValue declared) {
    String place = Places.of(declared);
    if (!name.matches("[a-z][a-z0-9-]*")) {
      throw new ConfigurationException(
          place,
          "'" + name + "' cannot name a parameter: it takes lower case letters, digits and '-'");
    }
    if (!(declared instanceof ConfigObject object)) {
      throw new ConfigurationException(
          place, "parameter '" + name + "' is declared as { default = ..., doc = \"...\" }");
    }
    try {
      Map<String, Object> raw = object.unwrapped();
      Object[] standard = new Object[1];
      Options options =
          MapChecker.check(
              raw,
              SCHEMA,
              List.of(),
              "parameter '" + name + "'",
              List.of("default"),
              (key, value, path) -> {
                boolean isDefault = key.equals("default");
                if (isDefault) {
                  standard[0] = value;
                }
                return isDefault;
              });
      Type type = type(options.string("type"));
      Parameter parameter =
          new Parameter(
              name, type, standard[0], options.bool("required"), options.string("doc"), place);
      if (standard[0] != null) {
        parameter.check(standard[0], Places.below(declared, List.of("default")));
      }
      return parameter;
    } catch (InvalidOptionException e) {
      throw new ConfigurationException(Places.below(declared, e.path()), e.getMessage());
    }
  }

  /**
   * The typed form of a value.
   *
   * @param where what to blame
   */
  Object check(Object given, String where) {
    OptionSpec spec =
        switch (type) {
          case STRING, FILE, OUTPUT_DIRECTORY -> OptionSpec.string(name, doc);
          case SIZE -> OptionSpec.size(name, doc);
          case INTEGER -> OptionSpec.integer(name, doc).between(Long.MIN_VALUE, Long.MAX_VALUE);
          case BOOLEAN -> OptionSpec.bool(name, false, doc);
        };
    try {
      return ValueChecker.check(spec, given, List.of());
    } catch (InvalidOptionException e) {
      throw new ConfigurationException(where, e.getMessage());
    }
  }

  /** The word for its type. */
  String typeWord() {
    return type.word;
  }

  private static Type type(String word) {
    for (Type type : Type.values()) {
      if (type.word.equals(word)) {
        return type;
      }
    }
    throw new IllegalArgumentException(word);
  }
}
