package io.ashlar.spi;

import java.util.List;

/**
 * One option of a driver.
 *
 * @param name QEMU's name; nested objects are written with dots, such as {@code
 *     overlap-check.template}
 * @param type type of the value
 * @param defaultValue the default as a {@code Boolean}, {@code Long}, {@code String}; {@code null}
 *     for none
 * @param required whether an absent value is an error
 * @param reopen whether a reopen may change it
 * @param minimum smallest number allowed (INTEGER, SIZE)
 * @param maximum largest number allowed (INTEGER, SIZE)
 * @param words the words of an ENUM
 * @param elements the options of each element of an OBJECT_LIST
 * @param doc one line for people, with the unit
 */
public record OptionSpec(
    String name,
    OptionType type,
    Object defaultValue,
    boolean required,
    boolean reopen,
    long minimum,
    long maximum,
    List<String> words,
    List<OptionSpec> elements,
    String doc) {

  /** Copies the lists. */
  public OptionSpec {
    words = List.copyOf(words);
    elements = List.copyOf(elements);
  }

  private static OptionSpec of(String name, OptionType type, Object value, String doc) {
    return new OptionSpec(
        name, type, value, false, false, 0, Long.MAX_VALUE, List.of(), List.of(), doc);
  }

  /** A truth value. */
  public static OptionSpec bool(String name, boolean defaultValue, String doc) {
    return of(name, OptionType.BOOLEAN, defaultValue, doc);
  }

  /** A number of bytes without default. */
  public static OptionSpec size(String name, String doc) {
    return of(name, OptionType.SIZE, null, doc);
  }

  /** A whole number without default. */
  public static OptionSpec integer(String name, String doc) {
    return of(name, OptionType.INTEGER, null, doc);
  }

  /** Text without default. */
  public static OptionSpec string(String name, String doc) {
    return of(name, OptionType.STRING, null, doc);
  }

  /** One of the words; the first one named {@code defaultValue} may be {@code null}. */
  public static OptionSpec words(String name, String defaultValue, String doc, String... words) {
    return new OptionSpec(
        name,
        OptionType.ENUM,
        defaultValue,
        false,
        false,
        0,
        Long.MAX_VALUE,
        List.of(words),
        List.of(),
        doc);
  }

  /** A list of objects. */
  public static OptionSpec objects(String name, String doc, OptionSpec... elements) {
    return new OptionSpec(
        name,
        OptionType.OBJECT_LIST,
        null,
        false,
        false,
        0,
        Long.MAX_VALUE,
        List.of(),
        List.of(elements),
        doc);
  }

  /** The same option with a default ({@code Boolean}, {@code Long} or {@code String}). */
  public OptionSpec withDefault(Object value) {
    return new OptionSpec(
        name, type, value, required, reopen, minimum, maximum, words, elements, doc);
  }

  /** The same option, not to be left out. */
  public OptionSpec mandatory() {
    return new OptionSpec(
        name, type, defaultValue, true, reopen, minimum, maximum, words, elements, doc);
  }

  /** The same option, open to change by a reopen. */
  public OptionSpec reopenable() {
    return new OptionSpec(
        name, type, defaultValue, required, true, minimum, maximum, words, elements, doc);
  }

  /** The same option with bounds, both included. */
  public OptionSpec between(long least, long most) {
    return new OptionSpec(
        name, type, defaultValue, required, reopen, least, most, words, elements, doc);
  }
}
