package io.ashlar.bench.compare;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The smallest NBD client that can write: QEMU's storage daemon has no other guest. */
final class NbdWriter implements AutoCloseable {
  private static final long OPTION_MAGIC = 0x49484156454F5054L;
  private static final int EXPORT_NAME = 1;
  private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int WRITE = 1;
  private static final int DISCONNECT = 2;

  private final SocketChannel channel;

  private NbdWriter(SocketChannel channel) {
    this.channel = channel;
  }

  /** Connects to an export of a server. */
  static NbdWriter connect(Path socket, String export) {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      NbdWriter writer = new NbdWriter(channel);
      writer.receive(8 + 8 + 2); // two magic numbers, flags
      byte[] name = export.getBytes(StandardCharsets.UTF_8);
      writer.send(
          ByteBuffer.allocate(4 + 8 + 4 + 4 + name.length)
              .putInt(FIXED_NEWSTYLE_NO_ZEROES)
              .putLong(OPTION_MAGIC)
              .putInt(EXPORT_NAME)
              .putInt(name.length)
              .put(name)
              .flip());
      writer.receive(8 + 2); // length, flags
      return writer;
    } catch (IOException e) {
      throw new CompareException("cannot connect to the export " + export + ": " + e, e);
    }
  }

  /** Writes the buffer's remaining bytes and waits for the answer. */
  void write(long offset, ByteBuffer source) {
    try {
      ByteBuffer head = header(WRITE, offset, source.remaining());
      send(head, source);
      ByteBuffer answer = receive(4 + 4 + 8);
      int error = answer.getInt(4);
      if (error != 0) {
        throw new CompareException("qemu-storage-daemon failed a write with error " + error);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer header(int type, long offset, int length) {
    return ByteBuffer.allocate(28)
        .putInt(REQUEST_MAGIC)
        .putShort((short) 0)
        .putShort((short) type)
        .putLong(offset) // the cookie
        .putLong(offset)
        .putInt(length)
        .flip();
  }

  private void send(ByteBuffer... buffers) throws IOException {
    while (buffers[buffers.length - 1].hasRemaining()) {
      channel.write(buffers);
    }
  }

  private ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the server hung up");
      }
    }
    return buffer.flip();
  }

  @Override
  public void close() {
    try {
      send(header(DISCONNECT, 0, 0));
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
