package io.ashlar.driver.file;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.NodeTraits;

/**
 * How a file is accessed at present; replaced as a whole by a reopen.
 *
 * @param data the descriptor for data
 * @param tail with O_DIRECT and write access, a buffered descriptor for what O_DIRECT cannot write;
 *     else null
 * @param direct transfers through O_DIRECT; null without it
 */
record FileState(
    NodeOptions options,
    FileHandle data,
    FileHandle tail,
    DirectTransfer direct,
    NodeTraits traits) {
  private static final int TRANSFER = 1 << 20;

  static FileState create(FileCore core, NodeOptions options, FileHandle data, FileHandle tail) {
    boolean direct = options.cache().direct();
    int alignment = data.alignment();
    NodeTraits traits =
        new NodeTraits(
            alignment, alignment, TRANSFER, !core.isDevice(), !core.isDevice(), NodeTraits.PLAIN);
    DirectTransfer transfer = direct ? new DirectTransfer(data, tail, core.ranges) : null;
    return new FileState(options, data, tail, transfer, traits);
  }

  /** The same descriptors under other options that need no other ones. */
  FileState with(FileCore core, NodeOptions newOptions) {
    return create(core, newOptions, data, tail);
  }

  /** Whether other options can be served by these descriptors. */
  boolean serves(NodeOptions other) {
    return options.readOnly() == other.readOnly()
        && options.cache().direct() == other.cache().direct();
  }

  void close() {
    data.close();
    if (tail != null) {
      tail.close();
    }
  }
}
