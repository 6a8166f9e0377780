package io.ashlar.driver.blkdebug;

import java.util.Arrays;

/** The kinds of request that a rule may name, by QEMU's words. */
enum IoType {
  READ("read", true),
  WRITE("write", true),
  WRITE_ZEROES("write-zeroes", true),
  DISCARD("discard", true),
  FLUSH("flush", false),
  BLOCK_STATUS("block-status", true);

  private final String word;
  private final boolean hasRange;

  IoType(String word, boolean hasRange) {
    this.word = word;
    this.hasRange = hasRange;
  }

  String word() {
    return word;
  }

  /** Whether such requests touch bytes, so that a rule can be limited to some. */
  boolean hasRange() {
    return hasRange;
  }

  static String[] words() {
    return Arrays.stream(values()).map(IoType::word).toArray(String[]::new);
  }

  static IoType of(String word) {
    return Arrays.stream(values())
        .filter(type -> type.word.equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown iotype " + word));
  }
}
