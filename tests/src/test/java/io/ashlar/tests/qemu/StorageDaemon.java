package io.ashlar.tests.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** One running qemu-storage-daemon that takes QMP commands one after the other. */
public final class StorageDaemon implements AutoCloseable {
  private final Process process;
  private final OutputStream commands;
  private final BufferedReader answers;

  private StorageDaemon(Process process) {
    this.process = process;
    this.commands = process.getOutputStream();
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts one without nodes. */
  public static StorageDaemon start() {
    StorageDaemon daemon =
        new StorageDaemon(
            QemuTools.start(
                new ProcessBuilder(
                        "qemu-storage-daemon", "--chardev", "stdio,id=c", "--monitor", "chardev=c")
                    .redirectErrorStream(true)));
    daemon.until("\"QMP\"");
    daemon.command("{'execute':'qmp_capabilities'}");
    return daemon;
  }

  /**
   * Runs a command, single quotes for double ones.
   *
   * @return its answer, which may be an error
   */
  public String command(String json) {
    try {
      commands.write((json.replace('\'', '"') + "\n").getBytes(StandardCharsets.UTF_8));
      commands.flush();
    } catch (IOException e) {
      throw new AssertionError("qemu-storage-daemon is gone before " + json, e);
    }
    String line = until("\"return\"", "\"error\"");
    return line;
  }

  /** Runs a command that has to succeed. */
  public void run(String json) {
    String answer = command(json);
    if (answer.contains("\"error\"")) {
      throw new AssertionError(json + ": " + answer);
    }
  }

  /** Reads on until a line has one of the texts, an event's name for instance. */
  public String until(String... texts) {
    try {
      StringBuilder seen = new StringBuilder();
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        for (String text : texts) {
          if (line.contains(text)) {
            return line;
          }
        }
        seen.append(line).append('\n');
      }
      throw new AssertionError("qemu-storage-daemon ended: " + seen);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it in good order. */
  @Override
  public void close() {
    try {
      commands.write("{\"execute\":\"quit\"}\n".getBytes(StandardCharsets.UTF_8));
      commands.flush();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("qemu-storage-daemon did not end");
      }
    } catch (IOException e) {
      throw new AssertionError("qemu-storage-daemon is gone", e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
