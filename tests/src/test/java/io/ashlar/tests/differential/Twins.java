package io.ashlar.tests.differential;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Runs a plan on twin images and says the first thing that differs. */
final class Twins {
  /** The name of the persistent bitmap. */
  static final String BITMAP = "changes";

  private final Ashlar engine;
  private final Path directory;

  /** Twins in a directory whose name has no blanks and commas. */
  Twins(Ashlar engine, Path directory) {
    this.engine = engine;
    this.directory = directory;
    Fill.prepare(directory);
  }

  /**
   * QEMU's own image does not survive {@code qemu-img check}, while ours does: the twins cannot be
   * compared.
   */
  static final class OracleBroken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OracleBroken(String message) {
      super(message);
    }
  }

  /**
   * What differs, or null.
   *
   * @throws OracleBroken when there is nothing to compare with
   */
  String differenceAfter(Plan plan) {
    Path ours = directory.resolve("ours.qcow2");
    Path theirs = directory.resolve("theirs.qcow2");
    Path backing = plan.backingLength() == 0 ? null : directory.resolve("backing");
    try {
      createTwins(plan, ours, theirs, backing);
      String format = plan.rawBacking() ? "raw" : "qcow2";
      String difference = worked(plan, ours, theirs, backing, format);
      String unclean = Comparison.checked(ours);
      if (unclean != null) {
        return unclean;
      }
      String broken = Comparison.checked(theirs);
      if (broken != null) {
        throw new OracleBroken(broken);
      }
      return difference != null
          ? difference
          : Comparison.afterClose(plan, engine, ours, theirs, directory);
    } catch (OracleBroken e) {
      throw e;
    } catch (AssertionError | RuntimeException e) {
      return Failures.text(e);
    } finally {
      delete(ours);
      delete(theirs);
      delete(directory.resolve("backing"));
    }
  }

  private String worked(Plan plan, Path ours, Path theirs, Path backing, String format) {
    try (EngineDisk we = new EngineDisk(engine, ours, backing, format);
        QemuIoDisk they = new QemuIoDisk(theirs, directory)) {
      int number = 0;
      for (Operation operation : plan.operations()) {
        Operation.Answer their = Operation.Answer.of(operation, they);
        Operation.Answer our;
        try {
          our = Operation.Answer.of(operation, we);
        } catch (RuntimeException e) {
          return "step " + number + " " + operation + ": " + Failures.text(e);
        }
        if (!our.agrees(their)) {
          return "step " + number + " " + operation + ": ours " + our + "; QEMU " + their;
        }
        number++;
      }
      we.flush();
      they.flush();
      return Comparison.whileOpen(we, ours);
    }
  }

  private void createTwins(Plan plan, Path ours, Path theirs, Path backing) {
    String options = plan.options();
    if (backing != null) {
      createBacking(plan, backing);
      String format = plan.rawBacking() ? "raw" : "qcow2";
      options += ",backing_file=" + backing + ",backing_fmt=" + format;
    }
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, ours, plan.length());
    if (plan.cell().bitmap() != Cell.Bitmap.NO) {
      String state = plan.cell().bitmap() == Cell.Bitmap.ENABLED ? "--enable" : "--disable";
      QemuTools.run("qemu-img", "bitmap", "--add", state, ours, BITMAP);
    }
    try {
      Files.copy(ours, theirs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void createBacking(Plan plan, Path backing) {
    String format = plan.rawBacking() ? "raw" : "qcow2";
    QemuTools.run("qemu-img", "create", "-q", "-f", format, backing, plan.backingLength());
    Random random = new Random(plan.seed() + 1);
    Object[] words = new Object[4 + 2 * 6];
    words[0] = "qemu-io";
    words[1] = "-f";
    words[2] = format;
    for (int i = 0; i < 6; i++) {
      // The first one lies across the end of the shorter of the two disks.
      long end = Math.min(plan.length(), plan.backingLength());
      long offset =
          i == 0
              ? Math.max(0, end - 2L * plan.cell().clusterSize())
              : (long) (random.nextDouble() * plan.backingLength());
      long most = Math.min(plan.backingLength() - offset, 20L * plan.cell().clusterSize());
      long size = i == 0 ? most : 1 + (long) (random.nextDouble() * (most - 1));
      Fill fill = new Fill(random.nextInt(256 + Fill.NOISES));
      words[3 + 2 * i] = "-c";
      words[4 + 2 * i] = "write -q " + fill.option(directory) + " " + offset + " " + size;
    }
    words[words.length - 1] = backing;
    QemuTools.run(words);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
