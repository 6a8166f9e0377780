package io.ashlar.tests.differential;

import io.ashlar.tests.qemu.QemuIo;
import java.nio.file.Path;

/** The twin that qemu-io works on. */
final class QemuIoDisk implements Disk {
  /** Bytes in a line of its dump. */
  private static final int PER_LINE = 16;

  private final QemuIo io;
  private final Path image;
  private final Path noise;

  /** Opens an image read-write. */
  QemuIoDisk(Path image, Path noise) {
    this.image = image;
    this.noise = noise;
    this.io = QemuIo.start("-f", "qcow2", "-d", "unmap", "-t", "writeback", image);
  }

  @Override
  public void write(long offset, int length, Fill fill, boolean durable) {
    String flag = durable ? "-f " : "";
    quiet("write -q " + flag + fill.option(noise) + " " + offset + " " + length);
  }

  @Override
  public void writeCompressed(long offset, int length, Fill fill) {
    quiet("write -q -c " + fill.option(noise) + " " + offset + " " + length);
    // qemu-io 10.0 goes on in the host cluster of the last stream even after that cluster was freed
    // and given to others, and destroys what they wrote. Opened anew, it begins another one.
    restart();
  }

  @Override
  public void writeZeroes(long offset, long length, boolean mayUnmap) {
    quiet("write -q -z " + (mayUnmap ? "-u " : "") + offset + " " + length);
  }

  @Override
  public void discard(long offset, long length) {
    quiet("discard -q " + offset + " " + length);
  }

  @Override
  public byte[] read(long offset, int length) {
    String dump = io.command("read -v " + offset + " " + length);
    byte[] bytes = new byte[length];
    int have = 0;
    for (String line : dump.split("\n")) {
      int colon = line.indexOf(":  ");
      if (colon >= 0 && have < length) {
        int count = Math.min(PER_LINE, length - have);
        for (int i = 0; i < count; i++) {
          int at = colon + 3 + 3 * i;
          int high = Character.digit(line.charAt(at), 16);
          bytes[have++] = (byte) (high << 4 | Character.digit(line.charAt(at + 1), 16));
        }
      }
    }
    if (have < length) {
      throw new Refused(dump, null);
    }
    return bytes;
  }

  @Override
  public void flush() {
    quiet("flush");
  }

  @Override
  public void reopen(boolean readOnly) {
    quiet("reopen " + (readOnly ? "-r" : "-w"));
  }

  @Override
  public void restart() {
    quiet("close");
    quiet("open -d unmap -t writeback -o driver=qcow2,file.driver=file,file.filename=" + image);
  }

  @Override
  public void resize(long length) {
    quiet("truncate " + length);
  }

  @Override
  public void close() {
    io.close();
  }

  private void quiet(String command) {
    String answer = io.command(command).strip();
    if (!answer.isEmpty()) {
      throw new Refused(answer, null);
    }
  }
}
