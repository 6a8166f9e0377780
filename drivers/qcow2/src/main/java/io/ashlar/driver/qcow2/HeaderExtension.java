package io.ashlar.driver.qcow2;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One header extension: its type and its bytes without padding (section 4). Immutable. */
final class HeaderExtension {
  /** Name of the backing file's format. */
  static final int BACKING_FORMAT = 0xE2792ACA;

  /** Names of feature bits. */
  static final int FEATURE_NAMES = 0x6803F857;

  /** Place and number of the bitmaps. */
  static final int BITMAPS = 0x23852875;

  /** Place of the LUKS header. */
  static final int CRYPTO = 0x0537BE77;

  /** Name of the external data file. */
  static final int DATA_FILE = 0x44415441;

  private final int type;
  private final byte[] data;

  HeaderExtension(int type, byte[] data) {
    this.type = type;
    this.data = data.clone();
  }

  /** The type, one of the constants or unknown. */
  int type() {
    return type;
  }

  /** Whether it is one of those that this driver writes, which are short. */
  boolean known() {
    return type == BITMAPS
        || type == BACKING_FORMAT
        || type == CRYPTO
        || type == FenceExtension.TYPE;
  }

  /** A copy of its bytes. */
  byte[] data() {
    return data.clone();
  }

  /** Its bytes without padding. */
  int length() {
    return data.length;
  }

  /** Bytes it takes in the header: 8 for type and length, then the data padded to 8. */
  int paddedLength() {
    return 8 + ((data.length + 7) & ~7);
  }

  /** Its bytes as text. */
  String text() {
    return new String(data, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeaderExtension e && e.type == type && Arrays.equals(e.data, data);
  }

  @Override
  public int hashCode() {
    return 31 * type + Arrays.hashCode(data);
  }

  @Override
  public String toString() {
    return "0x" + Integer.toHexString(type) + " (" + data.length + " bytes)";
  }
}
