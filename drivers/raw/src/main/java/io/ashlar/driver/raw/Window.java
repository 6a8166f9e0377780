package io.ashlar.driver.raw;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;

/**
 * Which bytes of the file a node shows, and how. Immutable; a reopen puts another one in.
 *
 * @param nodeName for messages
 * @param file the edge to the bytes
 * @param offset of the first byte in the file
 * @param size bytes shown, or {@link #TO_THE_END}
 * @param readOnly no change passes
 * @param unmap discards pass
 */
record Window(
    String nodeName, Child file, long offset, long size, boolean readOnly, boolean unmap) {
  /** The node ends where the file ends and grows with it. */
  static final long TO_THE_END = -1;

  private static final int SECTOR = 512;

  static Window of(String nodeName, Child file, Options options, NodeOptions nodeOptions) {
    return new Window(
        nodeName,
        file,
        options.number(RawDriver.OFFSET),
        options.optionalNumber(RawDriver.SIZE).orElse(TO_THE_END),
        nodeOptions.readOnly(),
        nodeOptions.discardUnmap());
  }

  boolean fixed() {
    return size != TO_THE_END;
  }

  long length() {
    return fixed() ? size : Math.max(0, file.length() - offset);
  }

  Window over(Child otherFile) {
    return new Window(nodeName, otherFile, offset, size, readOnly, unmap);
  }

  /** Refuses a window that the file cannot hold, as QEMU does. */
  void check() {
    long fileLength = file.length();
    if (offset > fileLength) {
      throw invalid(
          "its offset, %d, lies past the end of '%s', %d"
              .formatted(offset, file.nodeName(), fileLength));
    }
    if (!fixed()) {
      return;
    }
    if (size % SECTOR != 0) {
      throw invalid("its size, %d, is no multiple of %d".formatted(size, SECTOR));
    }
    if (size > fileLength - offset) {
      throw invalid(
          "offset %d and size %d together pass the end of '%s', %d"
              .formatted(offset, size, file.nodeName(), fileLength));
    }
  }

  private BlockException invalid(String why) {
    return new BlockException(
        ErrorCode.INVALID_OPTION, "raw node '%s' cannot be opened: %s".formatted(nodeName, why));
  }
}
