package io.ashlar.bench.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A QMP monitor on a socket, as far as a comparison needs it. */
final class Qmp implements AutoCloseable {
  private final SocketChannel channel;
  private final BufferedReader lines;

  private Qmp(SocketChannel channel) {
    this.channel = channel;
    this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  /** Connects and agrees on capabilities. */
  static Qmp connect(Path socket) {
    try {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      Qmp qmp = new Qmp(channel);
      qmp.lines.readLine(); // the greeting
      qmp.execute("{\"execute\":\"qmp_capabilities\"}");
      return qmp;
    } catch (IOException e) {
      throw new CompareException("cannot talk to qemu-storage-daemon: " + e, e);
    }
  }

  /**
   * Sends commands in one go, so that the daemon goes from one to the next without waiting for us.
   *
   * @return what each of them returned
   * @throws CompareException one of them was refused
   */
  List<String> execute(String... commands) {
    List<String> answers = new ArrayList<>();
    try {
      send(String.join("\n", commands) + "\n");
      while (answers.size() < commands.length) {
        String line = line();
        if (line.startsWith("{\"return\"")) {
          answers.add(line);
        } else if (line.startsWith("{\"error\"")) {
          throw new CompareException("qemu-storage-daemon refused: " + line);
        }
      }
      return answers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends one command and waits until it has returned and an event has come. */
  void executeAndAwait(String command, String event) {
    try {
      send(command + "\n");
      boolean returned = false;
      boolean happened = false;
      while (!returned || !happened) {
        String line = line();
        returned |= line.startsWith("{\"return\"");
        happened |= line.contains("\"" + event + "\"");
        if (line.startsWith("{\"error\"")) {
          throw new CompareException("qemu-storage-daemon refused: " + line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void send(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private String line() throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new CompareException("qemu-storage-daemon is gone");
    }
    return line;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
