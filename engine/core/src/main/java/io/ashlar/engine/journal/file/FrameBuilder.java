package io.ashlar.engine.journal.file;

import java.nio.ByteBuffer;

/** Puts records into a frame, in a buffer that is used again and again. One thread at a time. */
final class FrameBuilder {
  /** A larger buffer is not kept after its frame. */
  private static final int KEPT = 1 << 20;

  private static final int FIRST = 16 << 10;

  private final JournalIdentity identity;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(FIRST);
  private int count;

  FrameBuilder(JournalIdentity identity) {
    this.identity = identity;
    clear();
  }

  /** Begins an empty frame. */
  void clear() {
    if (buffer.capacity() > KEPT) {
      buffer = ByteBuffer.allocateDirect(FIRST);
    }
    buffer.clear().position(Layout.FRAME_HEADER);
    count = 0;
  }

  boolean isEmpty() {
    return count == 0;
  }

  int body() {
    return buffer.position() - Layout.FRAME_HEADER;
  }

  int count() {
    return count;
  }

  /** Adds a record. */
  void add(long lsn, long epoch, int type, ByteBuffer payload) {
    makeRoom(Layout.RECORD_HEADER + payload.remaining());
    buffer
        .putInt(payload.remaining())
        .putShort((short) type)
        .putShort((short) 0)
        .putLong(lsn)
        .putLong(epoch)
        .put(payload);
    count++;
  }

  private void makeRoom(int more) {
    int needed = buffer.position() + more + Layout.SECTOR;
    if (needed > buffer.capacity()) {
      ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(needed, 2 * buffer.capacity()));
      larger.put(buffer.flip());
      buffer = larger;
    }
  }

  /** A frame that is ready, and the checksum that the next one continues from. */
  record Frame(ByteBuffer bytes, int checksum) {}

  /** Closes the frame; its bytes are valid until the next {@link #clear}. */
  Frame finish(int kind, int previous, long epoch, long number, long firstLsn, long space) {
    int body = body();
    while (buffer.position() % Layout.SECTOR != 0) {
      buffer.put((byte) 0);
    }
    buffer.flip();
    int length = buffer.limit();
    int bodyChecksum =
        Layout.checksum(identity, buffer.slice(Layout.FRAME_HEADER, length - Layout.FRAME_HEADER));
    FrameHeader header =
        new FrameHeader(kind, count, body, previous, bodyChecksum, epoch, number, firstLsn, space);
    int checksum = header.encode(buffer, identity);
    return new Frame(buffer.clear().limit(length), checksum);
  }
}
