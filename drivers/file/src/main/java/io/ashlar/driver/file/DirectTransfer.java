package io.ashlar.driver.file;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.RangeLock;
import io.ashlar.spi.system.PooledBuffers;
import java.nio.ByteBuffer;

/**
 * Reads and writes of any offset, length and address over a descriptor that takes whole blocks only
 * (O_DIRECT). What does not fit goes through an aligned buffer. A write of parts of blocks reads
 * them first and holds its blocks exclusively meanwhile; other writes hold theirs shared, else they
 * could be undone by a neighbour that had read before them.
 *
 * <p>A part of a block at or behind the end of the file cannot be written directly without making
 * the file too long, if only for a moment. It goes through a buffered descriptor of the same file,
 * holding everything from there on; Linux writes such a page back before a direct access reads it,
 * and drops it when a direct access overwrites it.
 */
@SuppressWarnings("try") // a range is held by the block, which has no use for the object
final class DirectTransfer {
  private static final int PIECE = 1 << 20;
  private static final int USUAL = 4096;
  private static final PooledBuffers PIECES = new PooledBuffers(PIECE, USUAL, 16);

  private final FileHandle data;
  private final FileHandle tail;
  private final RangeLock ranges;
  private final int block;
  private final PooledBuffers pieces;

  DirectTransfer(FileHandle data, FileHandle tail, RangeLock ranges) {
    this.data = data;
    this.tail = tail;
    this.ranges = ranges;
    this.block = data.alignment();
    this.pieces = block <= USUAL ? PIECES : new PooledBuffers(Math.max(PIECE, block), block, 4);
  }

  /** Reads until the buffer is full or the file ends; returns the bytes read. */
  int read(long offset, ByteBuffer target) {
    if (isWhole(offset, target.remaining()) && isAligned(target)) {
      return data.read(offset, target);
    }
    ByteBuffer piece = pieces.take();
    try {
      int start = target.position();
      while (target.hasRemaining()) {
        long at = offset + (target.position() - start);
        long first = floor(at);
        long end = Math.min(ceiling(at + target.remaining()), first + pieces.size());
        piece.clear().limit((int) (end - first));
        int skipped = (int) (at - first);
        int usable = data.read(first, piece) - skipped;
        int wanted = (int) Math.min(target.remaining(), end - at);
        if (usable > 0) {
          target.put(piece.slice(skipped, Math.min(usable, wanted)));
        }
        if (usable < wanted) {
          break;
        }
      }
      return target.position() - start;
    } finally {
      pieces.give(piece);
    }
  }

  /** Writes all that remains. */
  void write(long offset, ByteBuffer source) {
    long end = offset + source.remaining();
    if (isWhole(offset, source.remaining())) {
      try (RangeLock.Held held = hold(offset, source.remaining())) {
        if (isAligned(source)) {
          data.write(offset, source);
        } else {
          writePieces(offset, source);
        }
      }
      return;
    }
    long first = floor(offset);
    try (RangeLock.Held held = ranges.exclusive(first, ceiling(end) - first)) {
      if (ceiling(end) <= data.length()) {
        writePieces(offset, source);
        return;
      }
    }
    try (RangeLock.Held held = ranges.exclusive(first, Long.MAX_VALUE - first)) {
      tail.write(offset, source);
    }
  }

  /** Keeps writes of parts of blocks out of a range. */
  RangeLock.Held hold(long offset, long length) {
    long first = floor(offset);
    return ranges.shared(first, ceiling(offset + length) - first);
  }

  /** Keeps all writes out. */
  RangeLock.Held holdAll() {
    return ranges.exclusive(0, Long.MAX_VALUE);
  }

  private void writePieces(long offset, ByteBuffer source) {
    ByteBuffer piece = pieces.take();
    try {
      int start = source.position();
      while (source.hasRemaining()) {
        long at = offset + (source.position() - start);
        long first = floor(at);
        long end = Math.min(ceiling(at + source.remaining()), first + pieces.size());
        int skipped = (int) (at - first);
        int count = (int) Math.min(source.remaining(), end - at);
        boolean endsInside = at + count < end;
        if (skipped > 0) {
          readBlock(first, piece, 0);
        }
        if (endsInside && (skipped == 0 || end - first > block)) {
          readBlock(end - block, piece, (int) (end - block - first));
        }
        piece.clear().position(skipped);
        piece.put(source.slice(source.position(), count));
        data.write(first, piece.clear().limit((int) (end - first)));
        source.position(source.position() + count);
      }
    } finally {
      pieces.give(piece);
    }
  }

  private void readBlock(long offset, ByteBuffer piece, int at) {
    piece.clear().position(at).limit(at + block);
    data.read(offset, piece);
    Zeroes.fill(piece);
  }

  private boolean isWhole(long offset, long length) {
    return ((offset | length) & (block - 1)) == 0;
  }

  private boolean isAligned(ByteBuffer buffer) {
    return buffer.isDirect() && buffer.alignmentOffset(buffer.position(), block) == 0;
  }

  private long floor(long offset) {
    return offset & -block;
  }

  private long ceiling(long offset) {
    return (offset + block - 1) & -block;
  }
}
