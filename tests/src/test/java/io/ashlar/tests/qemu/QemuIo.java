package io.ashlar.tests.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One running qemu-io that takes commands one after the other. It has no quoting: words are
 * separated by blanks, so file names in commands must be without any.
 */
public final class QemuIo implements AutoCloseable {
  private static final byte[] PROMPT = "qemu-io> ".getBytes(StandardCharsets.US_ASCII);

  private final Process process;
  private final OutputStream commands;
  private final InputStream answers;

  private QemuIo(Process process) {
    this.process = process;
    this.commands = process.getOutputStream();
    this.answers = process.getInputStream();
  }

  /**
   * Starts qemu-io.
   *
   * @param arguments options and file
   * @throws AssertionError with what it printed when it ends at once, as with a refused file
   */
  public static QemuIo start(Object... arguments) {
    List<String> words = new ArrayList<>(List.of("qemu-io"));
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    QemuIo io = new QemuIo(QemuTools.start(new ProcessBuilder(words).redirectErrorStream(true)));
    io.untilPrompt(words.toString());
    return io;
  }

  /**
   * Runs one command.
   *
   * @return all it printed, errors included; qemu-io has no other sign of failure
   */
  public String command(String line) {
    try {
      commands.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      commands.flush();
    } catch (IOException e) {
      throw new AssertionError("qemu-io is gone before '" + line + "'", e);
    }
    return untilPrompt(line);
  }

  private String untilPrompt(String line) {
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    byte[] piece = new byte[1 << 16];
    try {
      while (true) {
        int count = answers.read(piece);
        if (count < 0) {
          throw new AssertionError("qemu-io ended in '" + line + "': " + seen);
        }
        seen.write(piece, 0, count);
        byte[] all = seen.toByteArray();
        if (endsWithPrompt(all)) {
          int length = all.length - PROMPT.length;
          return new String(all, 0, length, StandardCharsets.ISO_8859_1);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean endsWithPrompt(byte[] bytes) {
    int start = bytes.length - PROMPT.length;
    if (start < 0) {
      return false;
    }
    for (int i = 0; i < PROMPT.length; i++) {
      if (bytes[start + i] != PROMPT[i]) {
        return false;
      }
    }
    return true;
  }

  /** Ends qemu-io, which closes its image; expects it to end well. */
  @Override
  public void close() {
    try {
      commands.write("quit\n".getBytes(StandardCharsets.US_ASCII));
      commands.close();
      String rest = new String(answers.readAllBytes(), StandardCharsets.ISO_8859_1);
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("qemu-io did not end");
      }
      if (!rest.isBlank()) {
        throw new AssertionError("qemu-io said at its end: " + rest);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
