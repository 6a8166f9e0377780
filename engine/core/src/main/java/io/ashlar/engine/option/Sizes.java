package io.ashlar.engine.option;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers of bytes as people write and read them. */
public final class Sizes {
  private static final Pattern HEX = Pattern.compile("0[xX]([0-9a-fA-F]+)");
  private static final Pattern DECIMAL = Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)([a-zA-Z]?)");
  private static final String SUFFIXES = "bkmgtpe";
  private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

  private Sizes() {}

  /**
   * A size as qemu-img takes it: a whole number, a number with one of the suffixes b, k, M, G, T,
   * P, E (powers of 1024, either case), fractions with a suffix ({@code 1.5M}, rounded half up), or
   * hexadecimal without suffix. Empty for anything else and above 2^63 - 1.
   */
  public static OptionalLong parse(String text) {
    Matcher hex = HEX.matcher(text);
    if (hex.matches()) {
      return fitting(new BigInteger(hex.group(1), 16));
    }
    Matcher decimal = DECIMAL.matcher(text);
    if (!decimal.matches() || text.length() > 40) {
      return OptionalLong.empty();
    }
    String suffix = decimal.group(2).toLowerCase(Locale.ROOT);
    int power = suffix.isEmpty() ? 0 : SUFFIXES.indexOf(suffix);
    if (power < 0 || (power == 0 && decimal.group(1).contains("."))) {
      return OptionalLong.empty();
    }
    String number = decimal.group(1);
    BigDecimal value =
        new BigDecimal(number.endsWith(".") ? number + "0" : number)
            .multiply(new BigDecimal(BigInteger.ONE.shiftLeft(10 * power)));
    return fitting(value.setScale(0, RoundingMode.HALF_UP).toBigInteger());
  }

  /** A size as qemu-img prints it: three significant digits and a unit. */
  public static String human(long bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    String digits =
        new BigDecimal(value)
            .setScale(decimals, RoundingMode.HALF_EVEN)
            .stripTrailingZeros()
            .toPlainString();
    return digits + " " + units[unit];
  }

  private static OptionalLong fitting(BigInteger value) {
    return value.compareTo(MOST) > 0 ? OptionalLong.empty() : OptionalLong.of(value.longValue());
  }
}
