package io.ashlar.tests.kill;

import io.ashlar.tests.qemu.QemuIo;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What happens to an image between a kill and the next opening. */
enum Between {
  /** Nothing. */
  NOTHING(false) {
    @Override
    void happen(Path image, long place) {}
  },
  /** QEMU reads. */
  READ(false) {
    @Override
    void happen(Path image, long place) {
      QemuTools.run("qemu-io", "-r", "-f", "qcow2", "-c", "read -q " + place + " 4k", image);
    }
  },
  /** QEMU looks. */
  LOOK(false) {
    @Override
    void happen(Path image, long place) {
      QemuTools.run("qemu-img", "info", image);
      QemuTools.outcome("qemu-img", "check", image); // leaks after a kill are no harm
      QemuTools.run("qemu-img", "map", "--output=json", image);
    }
  },
  /** QEMU writes. */
  WRITE(true) {
    @Override
    void happen(Path image, long place) {
      QemuTools.io(image, "write -q -P 0xee " + place + " 4k");
    }
  },
  /** QEMU opens it for writing, and writes nothing. */
  OPEN(true) {
    @Override
    void happen(Path image, long place) {
      QemuTools.io(image, "read -q " + place + " 4k");
    }
  },
  /** QEMU discards. */
  DISCARD(true) {
    @Override
    void happen(Path image, long place) {
      QemuTools.io(image, "discard -q " + place / CLUSTER * CLUSTER + " 64k");
    }
  },
  /** QEMU opens it read-only, reopens it, and writes. */
  REOPEN(true) {
    @Override
    void happen(Path image, long place) {
      try (QemuIo io = QemuIo.start("-r", "-f", "qcow2", image)) {
        io.command("reopen -w");
        io.command("write -q -P 0xee " + place + " 4k");
      }
    }
  },
  /** QEMU commits an overlay into it. */
  COMMIT(true) {
    @Override
    void happen(Path image, long place) {
      Path overlay = image.resolveSibling("overlay.qcow2");
      QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", overlay);
      QemuTools.io(overlay, "write -q -P 0xee " + place + " 4k");
      QemuTools.run("qemu-img", "commit", "-q", overlay);
    }
  },
  /** QEMU adds a bitmap. */
  BITMAP(true) {
    @Override
    void happen(Path image, long place) {
      QemuTools.run("qemu-img", "bitmap", "--add", image, "theirs" + place);
    }
  },
  /** QEMU repairs. */
  REPAIR(true) {
    @Override
    void happen(Path image, long place) {
      QemuTools.outcome("qemu-img", "check", "-q", "-r", "all", image);
    }
  },
  /** QEMU is killed as well, in the middle of its writing. */
  WRITE_AND_DIE(true) {
    @Override
    boolean losesBitmaps(boolean inUse) {
      return true; // whoever had marked them before: it does so itself, and never stores them
    }

    @Override
    void happen(Path image, long place) {
      String write = "write -q -P 0xee " + place + " 4k";
      QemuTools.outcome("qemu-io", "-f", "qcow2", "-c", write, "-c", "sigraise 9", image);
    }
  },
  /** Somebody tidies up. */
  LOSE_THE_JOURNAL(true) {
    @Override
    void happen(Path image, long place) throws IOException {
      Files.deleteIfExists(image.resolveSibling(image.getFileName() + ".ashlar-journal"));
    }
  };

  private static final long CLUSTER = 1 << 16;

  private final boolean meddles;

  Between(boolean meddles) {
    this.meddles = meddles;
  }

  /**
   * Whether bitmaps must be refused after it.
   *
   * @param inUse they were in use before it
   */
  boolean losesBitmaps(boolean inUse) {
    return inUse && meddles;
  }

  /** It happens. */
  abstract void happen(Path image, long place) throws IOException;
}
