package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.NodeTraits;
import java.nio.ByteBuffer;

/**
 * A {@link HostFile} for code that speaks to any node, and one user of it: a flush here vouches for
 * what was written here since the last one. It fails also when another user's flush failed in
 * between, for that may have lost what was written here. After a failure its user writes again
 * everything that no good flush has covered. One thread at a time.
 */
final class HostIo implements BlockIo {
  private final HostFile file;
  private long mark = -1;

  HostIo(HostFile file) {
    this.file = file;
  }

  @Override
  public NodeTraits traits() {
    return file.traits();
  }

  @Override
  public long length() {
    return file.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    file.read(offset, target);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    begin();
    boolean written = false;
    try {
      file.write(offset, source);
      written = true;
    } finally {
      if (!written) {
        startOver();
      }
    }
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    begin();
    file.writeZeroBytes(offset, length);
  }

  /** What was written since the last flush was given up, or will be written again. */
  void startOver() {
    mark = -1;
  }

  private void begin() {
    if (mark < 0) {
      mark = file.failedSyncs();
    }
  }

  @Override
  public void discard(long offset, long length, int flags) {
    file.discard(offset, length);
  }

  @Override
  public void flush() {
    long since = mark;
    mark = -1;
    file.syncSince(since < 0 ? file.failedSyncs() : since);
  }

  /**
   * The same when somebody else has flushed since the last write.
   *
   * @throws io.ashlar.spi.BlockException IO_ERROR when what was written may be lost
   */
  void flushed() {
    long since = mark;
    mark = -1;
    if (since >= 0) {
      file.requireKept(since);
    }
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return file.status(offset, length);
  }
}
