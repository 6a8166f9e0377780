package io.ashlar.spi.contract;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.OptionType;
import io.ashlar.spi.Options;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checks Java values against a schema, as the engine does before a driver sees them. */
final class OptionChecks {
  private OptionChecks() {}

  /**
   * Checked values with defaults filled in.
   *
   * @throws BlockException INVALID_OPTION naming the option
   */
  static Options check(OptionSchema schema, Map<String, ?> given) {
    return check(schema.options(), given);
  }

  private static Options check(List<OptionSpec> specs, Map<String, ?> given) {
    Map<String, Object> rest = new LinkedHashMap<>(given);
    Map<String, Object> values = new LinkedHashMap<>();
    for (OptionSpec spec : specs) {
      Object value = rest.remove(spec.name());
      if (value == null && spec.required()) {
        throw invalid("option '" + spec.name() + "' is missing");
      }
      values.put(spec.name(), value == null ? spec.defaultValue() : convert(spec, value));
    }
    if (!rest.isEmpty()) {
      throw invalid("unknown options " + rest.keySet());
    }
    return Options.of(values);
  }

  private static Object convert(OptionSpec spec, Object value) {
    OptionType type = spec.type();
    return switch (type) {
      case BOOLEAN -> expect(spec, Boolean.class, value);
      case STRING -> expect(spec, String.class, value);
      case STRING_LIST -> strings(spec, value);
      case INTEGER, SIZE -> number(spec, value);
      case ENUM -> word(spec, expect(spec, String.class, value));
      case OBJECT_LIST -> list(spec, value).stream().map(each -> element(spec, each)).toList();
    };
  }

  private static List<?> list(OptionSpec spec, Object value) {
    return expect(spec, List.class, value);
  }

  private static List<String> strings(OptionSpec spec, Object value) {
    return list(spec, value).stream().map(each -> expect(spec, String.class, each)).toList();
  }

  private static Options element(OptionSpec spec, Object value) {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<?, ?> given = expect(spec, Map.class, value);
    given.forEach((name, each) -> values.put((String) name, each));
    return check(spec.elements(), values);
  }

  private static Long number(OptionSpec spec, Object value) {
    long number = expect(spec, Number.class, value).longValue();
    if (number < spec.minimum() || number > spec.maximum()) {
      throw invalid(
          "option '%s' is %d, not between %d and %d"
              .formatted(spec.name(), number, spec.minimum(), spec.maximum()));
    }
    return number;
  }

  private static String word(OptionSpec spec, String value) {
    if (!spec.words().contains(value)) {
      throw invalid("option '%s' is none of %s".formatted(spec.name(), spec.words()));
    }
    return value;
  }

  private static <T> T expect(OptionSpec spec, Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw invalid("option '%s' is of the wrong type".formatted(spec.name()));
    }
    return type.cast(value);
  }

  private static BlockException invalid(String message) {
    return new BlockException(ErrorCode.INVALID_OPTION, message);
  }
}
