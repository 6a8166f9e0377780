package io.ashlar.spi;

/**
 * What went wrong, for callers to switch on; texts are for people and may change. Codes are stable:
 * a code is never reused with another meaning. {@link #number()} groups them by kind; plugins that
 * need a finer distinction put it in the message.
 */
public enum ErrorCode {
  /** An option is unknown, missing, misspelt, of the wrong type or out of its range. */
  INVALID_OPTION(1, ErrorKind.USER),
  /**
   * The request lies outside the device, is not aligned where it must be, or carries unknown flags.
   */
  INVALID_REQUEST(2, ErrorKind.USER),
  /** No node of that name. */
  NODE_NOT_FOUND(3, ErrorKind.USER),
  /** A node of that name exists already. */
  NODE_EXISTS(4, ErrorKind.USER),
  /** The node has parents, devices or jobs, so that it cannot be removed or changed that way. */
  NODE_IN_USE(5, ErrorKind.USER),
  /** No driver of that name. */
  DRIVER_NOT_FOUND(6, ErrorKind.USER),
  /** The operation is not offered by this driver, image or node. */
  NOT_SUPPORTED(7, ErrorKind.USER),
  /** The node is read-only. */
  READ_ONLY(8, ErrorKind.USER),
  /** Two users of a node exclude each other: permissions taken and shared do not fit. */
  PERMISSION_CONFLICT(9, ErrorKind.USER),
  /** Another process (or another node of this one) holds the file. */
  FILE_LOCKED(10, ErrorKind.USER),
  /** No file of that name. */
  FILE_NOT_FOUND(11, ErrorKind.USER),
  /** A file of that name exists already and is not overwritten. */
  FILE_EXISTS(12, ErrorKind.USER),
  /** The operating system refuses access to the file. */
  ACCESS_DENIED(13, ErrorKind.USER),
  /** The image names another file, and nobody said what that name stands for. */
  REFERENCE_UNMAPPED(14, ErrorKind.USER),
  /** The graph would contain a cycle. */
  GRAPH_CYCLE(15, ErrorKind.USER),
  /** A limit of the engine would be passed, such as the depth of a backing chain. */
  LIMIT_EXCEEDED(16, ErrorKind.USER),
  /** No bitmap of that name. */
  BITMAP_NOT_FOUND(17, ErrorKind.USER),
  /** A bitmap of that name exists already. */
  BITMAP_EXISTS(18, ErrorKind.USER),
  /** The bitmap is held by a job or an export. */
  BITMAP_BUSY(19, ErrorKind.USER),
  /** The bitmap was not stored cleanly; it can only be removed. */
  BITMAP_INCONSISTENT(20, ErrorKind.IMAGE),
  /** The bitmap belongs to a read-only node and cannot be changed. */
  BITMAP_READ_ONLY(21, ErrorKind.USER),
  /** No job of that name. */
  JOB_NOT_FOUND(22, ErrorKind.USER),
  /** The job is not in a state that allows this. */
  JOB_STATE(23, ErrorKind.USER),
  /** The object was closed. */
  CLOSED(24, ErrorKind.USER),
  /** The operation was cancelled by its owner. */
  CANCELLED(25, ErrorKind.USER),
  /** The operation did not end within its time. */
  TIMED_OUT(26, ErrorKind.USER),
  /** An expectation of a {@code run} list did not hold. */
  EXPECTATION_FAILED(27, ErrorKind.USER),
  /** A job of that name exists already. */
  JOB_EXISTS(28, ErrorKind.USER),
  /** The node is inactive: its image may belong to somebody else at the moment. */
  NODE_INACTIVE(29, ErrorKind.USER),

  /** The file is not an image of the stated format. */
  WRONG_FORMAT(0x1_0000, ErrorKind.IMAGE),
  /** The image is of a version that is not known. */
  UNKNOWN_VERSION(0x1_0001, ErrorKind.IMAGE),
  /** The image needs a feature that is not known, or not served. */
  UNKNOWN_FEATURE(0x1_0002, ErrorKind.IMAGE),
  /** The image contradicts its own format. */
  IMAGE_CORRUPT(0x1_0003, ErrorKind.IMAGE),
  /** The image asks for more memory or time than its limits allow. */
  IMAGE_LIMIT(0x1_0004, ErrorKind.IMAGE),
  /**
   * The journal beside an image contradicts its own format, has lost something, or belongs to
   * another image; it is not used.
   */
  JOURNAL_DAMAGED(0x1_0005, ErrorKind.IMAGE),

  /** The storage reported an error. */
  IO_ERROR(0x2_0000, ErrorKind.STORAGE),
  /** No space left. */
  NO_SPACE(0x2_0001, ErrorKind.STORAGE),

  /** A driver threw something else than a {@link BlockException}, or broke its contract. */
  DRIVER_FAILED(0x3_0000, ErrorKind.INTERNAL),
  /** The actor of the node is down. */
  NODE_FAILED(0x3_0001, ErrorKind.INTERNAL),
  /** A rule of the engine did not hold. */
  INTERNAL(0x3_0002, ErrorKind.INTERNAL);

  private final int number;
  private final ErrorKind kind;

  ErrorCode(int number, ErrorKind kind) {
    this.number = number;
    this.kind = kind;
  }

  /** The stable number of this code. */
  public int number() {
    return number;
  }

  /** Whose turn it is to act. */
  public ErrorKind kind() {
    return kind;
  }
}
