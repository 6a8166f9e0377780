package io.ashlar.cli.run;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.option.Names;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Picks a part of a command's answer: {@code [node-name=disk].dirty-bitmaps[name=b0].count}. A key
 * goes into an object, {@code [N]} and {@code [KEY=VALUE]} into a list; {@code length} of a list is
 * the number of its elements.
 */
final class AnswerPath {
  private static final Pattern PART =
      Pattern.compile("([A-Za-z0-9_-]+)|\\[(\\d{1,9})\\]|\\[([A-Za-z0-9_-]+)=([^\\]]*)\\]");

  private final String text;
  private final List<Part> parts;

  private AnswerPath(String text, List<Part> parts) {
    this.text = text;
    this.parts = parts;
  }

  private sealed interface Part {
    record Key(String name) implements Part {}

    record Index(int number) implements Part {}

    record Where(String key, String value) implements Part {}
  }

  static AnswerPath parse(String text) {
    List<Part> parts = new ArrayList<>();
    Matcher matcher = PART.matcher(text);
    int at = 0;
    while (at < text.length()) {
      if (at > 0 && text.charAt(at) == '.') {
        at++;
      }
      if (!matcher.find(at) || matcher.start() != at) {
        throw new InvalidOptionException(
            List.of("path"),
            "'" + text + "' is not a path: it takes KEY, [N] and [KEY=VALUE], joined by dots");
      }
      if (matcher.group(1) != null) {
        parts.add(new Part.Key(matcher.group(1)));
      } else if (matcher.group(2) != null) {
        parts.add(new Part.Index(Integer.parseInt(matcher.group(2))));
      } else {
        parts.add(new Part.Where(matcher.group(3), matcher.group(4)));
      }
      at = matcher.end();
    }
    return new AnswerPath(text, parts);
  }

  /**
   * The part of an answer.
   *
   * @throws BlockException EXPECTATION_FAILED when there is none
   */
  Object in(Object answer) {
    Object here = answer;
    for (Part part : parts) {
      here = step(here, part);
    }
    return here;
  }

  private Object step(Object value, Part part) {
    if (part instanceof Part.Key key && value instanceof Map<?, ?> map) {
      if (!map.containsKey(key.name())) {
        List<String> known = map.keySet().stream().map(String::valueOf).toList();
        throw nothing("no '" + key.name() + "'" + Names.hint(key.name(), known));
      }
      return map.get(key.name());
    }
    if (value instanceof List<?> list) {
      if (part instanceof Part.Key key && key.name().equals("length")) {
        return list.size();
      }
      if (part instanceof Part.Index index && index.number() < list.size()) {
        return list.get(index.number());
      }
      if (part instanceof Part.Where where) {
        for (Object one : list) {
          if (one instanceof Map<?, ?> map
              && where.value().equals(String.valueOf(map.get(where.key())))) {
            return one;
          }
        }
        throw nothing("nothing with " + where.key() + " = " + where.value());
      }
    }
    throw nothing("nothing of that kind");
  }

  private BlockException nothing(String what) {
    return new BlockException(
        ErrorCode.EXPECTATION_FAILED, "the answer has " + what + " (path " + text + ")");
  }
}
