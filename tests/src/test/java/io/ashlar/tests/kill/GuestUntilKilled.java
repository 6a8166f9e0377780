package io.ashlar.tests.kill;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process under load until it is killed: several threads of a guest, and a manager that takes
 * incremental backups and adds and removes bitmaps. It says what it is about to do.
 */
final class GuestUntilKilled {
  /** It waits for a byte on standard input. */
  static final String READY = "ready";

  /** It begins to open the image. */
  static final String OPENING = "opening";

  /** It has done so many further operations. */
  static final String TICK = "tick";

  /** It begins an incremental backup. */
  static final String BACKING_UP = "backing up";

  /** Something failed that must not. */
  static final String FAILED = "failed";

  private static final int THREADS = 4;
  private static final int REHEARSED = 200;
  private static final int OPERATIONS_A_TICK = 25;
  private static final long MILLIS_BETWEEN_BACKUPS = 40;

  private final Ashlar engine;
  private final SplittableRandom random;
  private final AtomicLong operations = new AtomicLong();

  private GuestUntilKilled(Ashlar engine, long seed) {
    this.engine = engine;
    this.random = new SplittableRandom(seed);
  }

  /** Takes the image, the file that backups go to, and a seed. */
  public static void main(String[] arguments) throws IOException {
    Ashlar engine = Ashlar.start();
    say(READY);
    if (System.in.read() < 0) {
      rehearse(engine, Path.of(arguments[0]));
      return;
    }
    try {
      new GuestUntilKilled(engine, Long.parseLong(arguments[2]))
          .live(Path.of(arguments[0]), Path.of(arguments[1]));
    } catch (Throwable e) {
      fail(e);
    }
  }

  /** A short life that ends well, so that the JVM leaves its classes for others. */
  private static void rehearse(Ashlar engine, Path image) {
    engine.graph().add(Disk.qcow2(image)).await();
    engine.bitmaps().add(Disk.NODE, "rehearsal", Bitmaps.Settings.PERSISTENT).await();
    try (BlockDevice guest = Disk.guest(engine)) {
      SplittableRandom random = new SplittableRandom(0);
      for (int i = 0; i < REHEARSED; i++) {
        Disk.work(guest, random);
      }
    }
    engine.bitmaps().remove(Disk.NODE, "rehearsal").await();
    engine.close();
  }

  private void live(Path image, Path copy) throws InterruptedException {
    say(OPENING);
    engine.graph().add(Disk.qcow2(image)).await();
    for (BitmapInfo bitmap : engine.bitmaps().list(Disk.NODE).await()) {
      if (bitmap.inconsistent()) {
        throw new IllegalStateException(bitmap.name() + " is inconsistent: " + bitmap.reason());
      }
    }
    engine.graph().add(Disk.raw("copy", copy)).await();
    BlockDevice guest = Disk.guest(engine);
    for (int i = 0; i < THREADS; i++) {
      SplittableRandom own = random.split();
      Thread thread = new Thread(() -> write(guest, own), "guest-" + i);
      thread.start();
    }
    manage();
  }

  private void write(BlockDevice guest, SplittableRandom own) {
    try {
      while (true) {
        Disk.work(guest, own);
        if (operations.incrementAndGet() % OPERATIONS_A_TICK == 0) {
          say(TICK);
        }
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void manage() throws InterruptedException {
    while (true) {
      Thread.sleep(MILLIS_BETWEEN_BACKUPS);
      if (random.nextInt(4) == 0) {
        String name = "scratch";
        if (!engine.bitmaps().removeIfPresent(Disk.NODE, name).await()) {
          engine.bitmaps().add(Disk.NODE, name, Bitmaps.Settings.PERSISTENT).await();
        }
      } else {
        say(BACKING_UP);
        BackupRequest request = BackupRequest.incremental(Disk.NODE, "copy", Disk.BACKED_UP);
        engine.jobs().backup(request).await().result().await();
      }
    }
  }

  private static void fail(Throwable e) {
    e.printStackTrace();
    say(FAILED + " " + e);
    Runtime.getRuntime().halt(3);
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
