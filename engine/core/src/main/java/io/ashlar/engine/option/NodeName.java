package io.ashlar.engine.option;

import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.spi.Texts;
import java.util.List;

/**
 * Names of nodes, by QEMU's rules: letters, digits, {@code - . _}, a letter first, at most 31
 * bytes. Generated names start with {@code #}, so that they never meet a chosen one.
 */
public final class NodeName {
  private static final int LONGEST = 31;

  private NodeName() {}

  /** Whether a caller may choose this name. */
  public static boolean isValid(String name) {
    if (name.isEmpty() || name.length() > LONGEST || !isLetter(name.charAt(0))) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isLetter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_') {
        return false;
      }
    }
    return true;
  }

  /**
   * Refuses a name that is not valid.
   *
   * @param path where it stands in the arguments
   */
  public static void require(String name, List<String> path) {
    if (!isValid(name)) {
      throw new InvalidOptionException(
          path,
          "'"
              + Texts.printable(name)
              + "' cannot be the name of a node: it takes letters, digits, '-', '.' and '_', a letter"
              + " first, at most "
              + LONGEST
              + " in all");
    }
  }

  /** The generated name of a number: {@code #block012}. */
  public static String generated(long number) {
    String digits = Long.toString(number);
    return "#block" + "0".repeat(Math.max(0, 3 - digits.length())) + digits;
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
