package io.ashlar.tests.interop;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.Bitmaps;
import java.nio.file.Path;

/** Adds and clears bitmaps, and says each time that it is done, until its JVM is killed. */
final class BitmapsUntilKilled {
  private BitmapsUntilKilled() {}

  /** Takes the image's name. */
  public static void main(String[] arguments) {
    Ashlar engine = Ashlar.start();
    engine.graph().add(Images.qcow2("disk", Path.of(arguments[0]))).await();
    for (int i = 0; ; i++) {
      engine.bitmaps().add("disk", "n" + i, Bitmaps.Settings.PERSISTENT).await();
      System.out.println("added 'n" + i + "' (granularity 65536)");
      engine.bitmaps().clear("disk", "n" + i).await();
      System.out.println("cleared 'n" + i + "'");
    }
  }
}
