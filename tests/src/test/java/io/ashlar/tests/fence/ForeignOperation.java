package io.ashlar.tests.fence;

import io.ashlar.tests.qemu.QemuTools;
import io.ashlar.tests.qemu.StorageDaemon;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What other programs may do to an image, by the rows of docs/fence.md.
 *
 * @param name the row
 * @param action what is done; it may fail
 */
record ForeignOperation(String name, Action action) {
  /** Something done to an image. */
  interface Action {
    /** Does it, with room for other files beside the image. */
    void on(Path image) throws IOException;
  }

  /** All rows, in the order of the page. */
  static List<ForeignOperation> all() {
    return List.of(
        of("`info`", i -> img("info", i)),
        of("`check`", i -> img("check", i)),
        of("`map`", i -> img("map", i)),
        of("`measure`", i -> img("measure", "-O", "qcow2", i)),
        of("`snapshot -l`", i -> img("snapshot", "-l", i)),
        of("`compare`", i -> img("compare", i, i)),
        of("`convert` from it", i -> img("convert", "-O", "raw", i, beside(i, "raw"))),
        of(
            "`convert --bitmaps` from it",
            i -> img("convert", "--bitmaps", "-O", "qcow2", i, beside(i, "copy"))),
        of("`qemu-io -r`, read", i -> io("-r", i, "read 0 128k")),
        of("`qemu-nbd -r`", ForeignOperation::serve),
        of("an overlay above it is written", ForeignOperation::overlay),
        of("storage daemon, read-only", i -> daemon(i, true)),
        of("`cp` to a new file", ForeignOperation::copy),
        of("`qemu-io`, opened read-write", i -> io("", i, "length")),
        of("`qemu-io`, opened read-write, read", i -> io("", i, "read 0 128k")),
        of("storage daemon, read-write", i -> daemon(i, false)),
        of("`qemu-io`, write over data", i -> io("", i, "write -P 9 0 64k")),
        of("`qemu-io`, write to free space", i -> io("", i, "write -P 9 1M 64k")),
        of("`qemu-io`, discard", i -> io("", i, "discard 0 64k")),
        of("`qemu-nbd`, write", ForeignOperation::serveForWriting),
        of("`convert -n` into it", ForeignOperation::convertInto),
        of(
            "`qemu-img bench -w`",
            i -> img("bench", "-f", "qcow2", "-w", "-c", "4", "--pattern", "9", i)),
        of("`qemu-io`, write, `kill -9`", i -> io("", i, "write -P 9 0 64k", "sigraise 9")),
        of("`check -r leaks`", i -> img("check", "-r", "leaks", i)),
        of("`check -r all`", i -> img("check", "-r", "all", i)),
        of("`bitmap --add n1`", i -> img("bitmap", "--add", i, "n1")),
        of("`bitmap --remove b0`", i -> img("bitmap", "--remove", i, "b0")),
        of("`bitmap --clear b0`", i -> img("bitmap", "--clear", i, "b0")),
        of("`bitmap --disable b0`", i -> img("bitmap", "--disable", i, "b0")),
        of("`bitmap --remove ashlar.fence`", i -> img("bitmap", "--remove", i, "ashlar.fence")),
        of("`resize +1M`", i -> img("resize", "-f", "qcow2", i, "+1M")),
        of("`resize --shrink -1M`", i -> img("resize", "-f", "qcow2", "--shrink", i, "-1M")),
        of("`snapshot -c`", i -> img("snapshot", "-c", "s", i)),
        of(
            "`snapshot -c`, then `-a`",
            i -> {
              img("snapshot", "-c", "s", i);
              img("snapshot", "-a", "s", i);
            }),
        of("`amend` lazy refcounts", i -> img("amend", "-o", "lazy_refcounts=on", i)),
        of("`amend` to version 2", i -> img("amend", "-o", "compat=0.10", i)),
        of("`rebase -u`", i -> img("rebase", "-u", "-b", "", i)),
        of("`commit` of it as the top", ForeignOperation::commitTop),
        of("`commit` into it", i -> commitInto(i, 1)),
        of("`commit` into it, twice", i -> commitInto(i, 2)),
        of("`qemu-io -r`, `reopen -w`, write", i -> io("-r", i, "reopen -w", "write -P 9 0 64k")),
        of("the same, `reopen -r`", i -> io("-r", i, "reopen -w", "write -P 9 0 64k", "reopen -r")),
        of("storage daemon, `block-commit` into it", ForeignOperation::blockCommit),
        of("storage daemon, reopened read-write", i -> reopen(i, false)),
        of("storage daemon, reopened read-write and back", i -> reopen(i, true)),
        corrupt("`qemu-io`, write over data", i -> io("", i, "write -P 9 0 64k")),
        corrupt("`bitmap --add n1`", i -> img("bitmap", "--add", i, "n1")),
        corrupt("`check -r all`", i -> img("check", "-r", "all", i)),
        corrupt("`commit` into it", i -> commitInto(i, 1)),
        corrupt(
            "`qemu-io -r`, `reopen -w`, write", i -> io("-r", i, "reopen -w", "write -P 9 0 64k")),
        corrupt("storage daemon, `block-commit` into it", ForeignOperation::blockCommit),
        of("an unknown incompatible bit, any of these", ForeignOperation::refused),
        of("bytes of a data cluster overwritten", ForeignOperation::overwrite));
  }

  private static ForeignOperation of(String name, Action action) {
    return new ForeignOperation(name, action);
  }

  /** Something done to an image that is marked corrupt. */
  private static ForeignOperation corrupt(String name, Action action) {
    return of(
        "marked corrupt, " + name,
        image -> {
          patch(image, 79, (byte) 2);
          action.on(image);
        });
  }

  /** Everything that opens an image, with a bit that makes QEMU refuse it; the bit goes again. */
  private static void refused(Path image) {
    Path top = overlayOf(image);
    patch(image, 72, (byte) 0x80);
    byte[] before = FencedImages.bytes(image);
    List<QemuTools.Outcome> outcomes =
        List.of(
            img("info", image),
            img("check", "-r", "all", image),
            img("bitmap", "--add", image, "n1"),
            img("convert", "-O", "raw", image, beside(image, "raw")),
            img("commit", top),
            io("", image, "write -P 9 0 64k"),
            io("-r", image, "reopen -w", "write -P 9 0 64k"));
    for (QemuTools.Outcome outcome : outcomes) {
      requireRefused(outcome.exit() != 0 && outcome.text().contains("feature"), outcome.text());
    }
    try (StorageDaemon daemon = StorageDaemon.start()) {
      String answer = daemon.command(node("base", image, true));
      requireRefused(answer.contains("error"), answer);
    }
    requireRefused(Arrays.equals(before, FencedImages.bytes(image)), "its bytes have changed");
    patch(image, 72, (byte) 0);
  }

  private static void requireRefused(boolean refused, String said) {
    if (!refused) {
      throw new AssertionError("an image with an unknown incompatible bit is not refused: " + said);
    }
  }

  private static Path beside(Path image, String suffix) {
    return image.resolveSibling("other." + suffix);
  }

  private static QemuTools.Outcome img(Object... arguments) {
    Object[] words = new Object[arguments.length + 1];
    words[0] = "qemu-img";
    System.arraycopy(arguments, 0, words, 1, arguments.length);
    return QemuTools.outcome(words);
  }

  /** One qemu-io that opens read-only ({@code -r}) or as its default is. */
  private static QemuTools.Outcome io(String how, Path image, String... commands) {
    List<Object> words = new ArrayList<>(List.of("qemu-io", "-d", "unmap", "-f", "qcow2"));
    if (!how.isEmpty()) {
      words.add(how);
    }
    for (String command : commands) {
      words.add("-c");
      words.add(command);
    }
    words.add(image);
    return QemuTools.outcome(words.toArray());
  }

  private static void copy(Path image) throws IOException {
    Path other = beside(image, "copy");
    Files.copy(image, other);
    Files.delete(image);
    Files.copy(other, image);
  }

  private static void overwrite(Path image) {
    String map = QemuTools.run("qemu-img", "map", "--output=json", image);
    long offset = Long.parseLong(map.replaceAll("(?s).*?\"offset\": (\\d+).*", "$1"));
    patch(image, offset, (byte) 99);
  }

  private static void patch(Path image, long offset, byte value) {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(offset);
      file.write(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path overlayOf(Path image) {
    Path top = beside(image, "top");
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", top);
    QemuTools.io(top, "write -P 9 0 64k");
    return top;
  }

  private static void overlay(Path image) {
    overlayOf(image);
  }

  private static void commitInto(Path image, int times) {
    Path top = overlayOf(image);
    for (int i = 0; i < times; i++) {
      QemuTools.io(top, "write -P " + (9 + i) + " 0 64k");
      img("commit", top);
    }
  }

  private static void commitTop(Path image) {
    Path below = beside(image, "below");
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", below, FencedImages.SIZE);
    img("rebase", "-u", "-F", "qcow2", "-b", below, image);
    img("commit", image);
  }

  private static void convertInto(Path image) {
    Path raw = FencedImages.write(beside(image, "raw"), new byte[(int) FencedImages.SIZE]);
    img("convert", "-n", "-f", "raw", "-O", "qcow2", raw, image);
  }

  private static void serve(Path image) throws IOException {
    served(image, "-r", "read 0 64k");
  }

  private static void serveForWriting(Path image) throws IOException {
    served(image, "--discard=ignore", "write -P 9 0 64k");
  }

  private static void served(Path image, String how, String command) throws IOException {
    Path socket = image.resolveSibling("s");
    Path pid = image.resolveSibling("pid");
    // It returns when it listens, and goes on in the background until its first client has left.
    QemuTools.run("qemu-nbd", "--fork", "--pid-file", pid, how, "-f", "qcow2", "-k", socket, image);
    Optional<ProcessHandle> server =
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()));
    String uri = "nbd+unix:///?socket=" + socket;
    List<Object> client = new ArrayList<>(List.of("qemu-io", "-f", "raw", "-c", command, uri));
    if (how.equals("-r")) {
      client.add(1, "-r");
    }
    QemuTools.run(client.toArray());
    if (server.isPresent()) {
      server.get().onExit().join();
    }
  }

  private static String node(String name, Path image, boolean readOnly) {
    return ("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'%s',"
            + "'read-only':%s,'file':{'driver':'file','filename':'%s'}}}")
        .formatted(name, readOnly, image);
  }

  private static void daemon(Path image, boolean readOnly) {
    try (StorageDaemon daemon = StorageDaemon.start()) {
      daemon.run(node("n", image, readOnly));
    }
  }

  private static void reopen(Path image, boolean back) {
    try (StorageDaemon daemon = StorageDaemon.start()) {
      daemon.run(node("n", image, true));
      String again =
          "{'execute':'blockdev-reopen','arguments':{'options':[{'driver':'qcow2','node-name':'n',"
              + "'read-only':%s,'file':{'driver':'file','filename':'%s'}}]}}";
      daemon.command(again.formatted(false, image));
      if (back) {
        daemon.command(again.formatted(true, image));
      }
    }
  }

  private static void blockCommit(Path image) {
    Path top = overlayOf(image);
    try (StorageDaemon daemon = StorageDaemon.start()) {
      daemon.run(node("base", image, true));
      commit(daemon, top);
    }
  }

  /** Commits an overlay into the read-only node {@code base}. */
  static void commit(StorageDaemon daemon, Path top) {
    daemon.run(
        ("{'execute':'blockdev-add','arguments':{'driver':'qcow2','node-name':'top',"
                + "'backing':'base','file':{'driver':'file','filename':'%s'}}}")
            .formatted(top));
    daemon.run("{'execute':'block-commit','arguments':{'job-id':'j','device':'top'}}");
    daemon.until("BLOCK_JOB_READY");
    daemon.run("{'execute':'block-job-complete','arguments':{'device':'j'}}");
    daemon.until("BLOCK_JOB_COMPLETED");
  }
}
