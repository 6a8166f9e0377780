package io.ashlar.engine.crash;

import java.util.Arrays;

/** The kinds of operation that workloads are made of. */
enum Op {
  /** A cluster that was never written. */
  WRITE_NEW,
  /** A cluster that has data. */
  OVERWRITE,
  /** A cluster that is compressed, as it is not any more then. */
  OVERWRITE_COMPRESSED,
  /** The last cluster of the disk. */
  WRITE_LAST,
  /** Into three regions of the disk, one after the other. */
  STREAM,
  /** One sector of a cluster that has none. */
  SUB_CLUSTER,
  COMPRESSED,
  ZERO,
  DISCARD,
  FLUSH,
  ADD,
  CLEAR,
  REMOVE,
  DISABLE,
  ENABLE,
  MERGE,
  GROW,
  SHRINK,
  READ_ONLY,
  READ_WRITE,
  /** From read-write to read-only or the other way, together with a node that cannot. */
  ABORTED,
  BACKUP_START,
  BACKUP_FINISH,
  /** Closes, and opens again. */
  CLOSE,
  /** A minute and a half, time enough for one capture. */
  PAUSE,
  /** Three minutes in which nobody does anything, time enough for a capture. */
  WAIT;

  /** For exhaustive exploration. */
  static final Op[] SHORT =
      Arrays.stream(values())
          .filter(op -> op != OVERWRITE_COMPRESSED && op != WRITE_LAST)
          .filter(op -> op != STREAM && op != PAUSE)
          .toArray(Op[]::new);
}
