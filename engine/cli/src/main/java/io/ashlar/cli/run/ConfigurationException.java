package io.ashlar.cli.run;

/** Something in a graph file or on the command line is wrong; nothing has been done yet. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An error with its place.
   *
   * @param place {@code FILE:LINE}, or what else people know the place by
   * @param message one sentence
   */
  public ConfigurationException(String place, String message) {
    super(place + ": " + message);
  }
}
