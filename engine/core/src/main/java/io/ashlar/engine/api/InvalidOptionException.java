package io.ashlar.engine.api;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.List;

/** An option that is unknown, missing or has a bad value, with its place in the arguments. */
public final class InvalidOptionException extends BlockException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> path;

  /**
   * An option error.
   *
   * @param path keys (and list indexes as digits) from the top of the arguments to the option
   */
  public InvalidOptionException(List<String> path, String message) {
    this(ErrorCode.INVALID_OPTION, path, message);
  }

  /**
   * An option error that has a finer code, such as DRIVER_NOT_FOUND.
   *
   * @param path keys (and list indexes as digits) from the top of the arguments to the option
   */
  public InvalidOptionException(ErrorCode code, List<String> path, String message) {
    super(code, message);
    this.path = List.copyOf(path);
  }

  /**
   * Keys and list indexes from the top of the arguments to the option; a front end maps them to
   * file and line.
   */
  public List<String> path() {
    return path;
  }
}
