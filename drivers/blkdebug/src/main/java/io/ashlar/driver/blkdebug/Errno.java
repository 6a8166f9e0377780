package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Linux error numbers and what they are to Ashlar. */
final class Errno {
  private static final int ENOSPC = 28;
  private static final int EOPNOTSUPP = 95;
  private static final int LARGEST = 4095;

  private static final Map<String, Integer> NAMES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("EPERM", 1),
              Map.entry("ENOENT", 2),
              Map.entry("EIO", 5),
              Map.entry("ENOMEM", 12),
              Map.entry("EACCES", 13),
              Map.entry("EBUSY", 16),
              Map.entry("EINVAL", 22),
              Map.entry("EFBIG", 27),
              Map.entry("ENOSPC", ENOSPC),
              Map.entry("EROFS", 30),
              Map.entry("ENOTSUP", EOPNOTSUPP),
              Map.entry("EOPNOTSUPP", EOPNOTSUPP),
              Map.entry("ETIMEDOUT", 110),
              Map.entry("EDQUOT", 122)));

  private Errno() {}

  /**
   * A number, or a name such as {@code ENOSPC}.
   *
   * @throws BlockException INVALID_OPTION for anything else
   */
  static int parse(String text) {
    Integer known = NAMES.get(text.toUpperCase(Locale.ROOT));
    if (known != null) {
      return known;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= 1 && number <= LARGEST) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a number out of range.
    }
    throw new BlockException(
        ErrorCode.INVALID_OPTION,
        "errno '%s' is neither a number from 1 to %d nor one of %s"
            .formatted(text, LARGEST, NAMES.keySet()));
  }

  /** The code of an error number: ENOSPC and EOPNOTSUPP have their own, the rest is IO_ERROR. */
  static ErrorCode code(int errno) {
    return switch (errno) {
      case ENOSPC -> ErrorCode.NO_SPACE;
      case EOPNOTSUPP -> ErrorCode.NOT_SUPPORTED;
      default -> ErrorCode.IO_ERROR;
    };
  }
}
