package io.ashlar.cli.run;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import java.util.List;

/** Finds the lines of a graph file. */
final class Places {
  private Places() {}

  /** The place of a value: {@code FILE:LINE}. */
  static String of(ConfigValue value) {
    return text(value.origin());
  }

  /** The place of an origin. */
  static String text(ConfigOrigin origin) {
    int line = origin.lineNumber();
    String description = origin.description();
    if (line < 0) {
      return description;
    }
    // "FILE: 12", "FILE: 12-14", "merge of FILE: 1,FILE: 7" all become FILE:LINE.
    String file = description.replaceFirst("^merge of ", "");
    int end = file.indexOf(": " + line);
    return (end < 0 ? file : file.substring(0, end)) + ":" + line;
  }

  /**
   * The place of an option below a value; of the nearest thing around it that stands in the same
   * file when the option itself is not there or came from a parameter.
   *
   * @param path keys and list indexes
   */
  static String below(ConfigValue top, List<String> path) {
    String file = file(top);
    ConfigValue here = top;
    String best = of(top);
    for (String key : path) {
      here = child(here, key);
      if (here == null) {
        break;
      }
      if (file(here).equals(file)) {
        best = of(here);
      }
    }
    return best;
  }

  private static String file(ConfigValue value) {
    String place = of(value);
    int colon = place.lastIndexOf(':');
    return colon < 0 ? place : place.substring(0, colon);
  }

  private static ConfigValue child(ConfigValue value, String key) {
    if (value instanceof ConfigObject object) {
      return object.get(key);
    }
    if (value instanceof ConfigList list && key.matches("\\d{1,9}")) {
      int index = Integer.parseInt(key);
      return index < list.size() ? list.get(index) : null;
    }
    return null;
  }
}
