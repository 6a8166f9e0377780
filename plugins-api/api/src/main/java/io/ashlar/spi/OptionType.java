package io.ashlar.spi;

/** The type of an option's value. */
public enum OptionType {
  /** {@code true}/{@code false}; as text also on/off, yes/no. */
  BOOLEAN,
  /** A whole number. */
  INTEGER,
  /** A number of bytes; as text with the suffixes k, M, G, T, P, E (powers of 1024). */
  SIZE,
  /** Text. */
  STRING,
  /** One of a list of words. */
  ENUM,
  /** A list of texts. */
  STRING_LIST,
  /** A list of objects with options of their own ({@link OptionSpec#elements()}). */
  OBJECT_LIST
}
