package io.ashlar.engine.facade;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenFile;
import java.nio.ByteBuffer;

/** A file that is only read; past its end it gives zeroes. */
final class InspectedFile implements BlockIo, AutoCloseable {
  private final FileHandle handle;

  InspectedFile(OpenFile file) {
    handle = file.data(FileIo.Access.READ_ONLY, false);
  }

  @Override
  public NodeTraits traits() {
    return NodeTraits.plain();
  }

  @Override
  public long length() {
    return handle.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    handle.read(offset, target);
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    throw refused();
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    throw refused();
  }

  @Override
  public void discard(long offset, long length, int flags) {
    throw refused();
  }

  @Override
  public void flush() {}

  @Override
  public BlockStatus status(long offset, long length) {
    return BlockStatus.data(length, offset);
  }

  @Override
  public void close() {
    handle.close();
  }

  private static BlockException refused() {
    return new BlockException(ErrorCode.READ_ONLY, "an inspection writes nothing");
  }
}
