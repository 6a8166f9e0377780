package io.ashlar.bench.cost;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** How long a recovery takes, and how much it adds. */
final class AfterKill {
  private static final long REGION = 1 << 20;
  private static final long TIB = 1L << 40;
  private static final int HEATS = 100_000;
  private static final int PLACES = 20_000;
  private static final int LATER = 500;
  private static final long GRANULARITY = 1 << 16;

  private final Ashlar engine;
  private final Path directory;
  private final Verdicts verdicts;

  AfterKill(Ashlar engine, Path directory, Verdicts verdicts) {
    this.engine = engine;
    this.directory = directory;
    this.verdicts = verdicts;
  }

  /** A disk of 1 TiB with 100,000 regions hot when its process is killed. */
  void recovery() throws IOException, InterruptedException {
    Path image = build("big.qcow2");
    kill(image, 10 * REGION, HEATS, 1, 0);
    long begun = System.nanoTime();
    try (Guest guest = new Guest(engine, "disk", image, null)) {
      double seconds = (System.nanoTime() - begun) / 1e9;
      BitmapInfo.Recovery recovery = recovered();
      verdicts.atMost("recovery of 1 TiB with 100,000 heats", seconds, 3, "s");
      verdicts.atMost(
          "it adds, for each place written",
          (double) recovery.overApproximatedBytes() / HEATS / REGION,
          1,
          "MiB");
      guest.device().flush();
    }
    begun = System.nanoTime();
    new Guest(engine, "disk", image, null).close();
    Verdicts.note(
        String.format(
            "the same opened and closed in good order: %.2f s", (System.nanoTime() - begun) / 1e9));
  }

  /**
   * Many places are written, then few of them for long: what was quiet before a capture, for a
   * minute at least, is known exactly.
   */
  void overApproximation() throws IOException, InterruptedException {
    Path image = build("quiet.qcow2");
    kill(image, 4 * REGION, PLACES, LATER, 1);
    try (Guest guest = new Guest(engine, "disk", image, null)) {
      BitmapInfo info = engine.bitmaps().list("disk").await().get(0);
      long exact = PLACES * GRANULARITY;
      verdicts.atMost(
          "after a capture a recovery adds, for each of 500 places in use",
          (double) recovered().overApproximatedBytes() / LATER / REGION,
          1,
          "MiB");
      verdicts.atLeast("of what was written it has", 100.0 * info.dirtyBytes() / exact, 100, "%");
      guest.device().flush();
    }
  }

  private BitmapInfo.Recovery recovered() {
    BitmapInfo info = engine.bitmaps().list("disk").await().get(0);
    if (info.recovery() == null) {
      throw new IllegalStateException("not recovered: " + info);
    }
    return info.recovery();
  }

  private Path build(String name) {
    Path image = CostImages.create(engine, directory.resolve(name), TIB);
    try (Guest guest = new Guest(engine, "build", image, "off")) {
      guest.device().flush();
      Bitmaps.Settings settings = new Bitmaps.Settings(GRANULARITY, true, false);
      engine.bitmaps().add("build", "changes", settings).await();
    }
    return image;
  }

  private static void kill(Path image, long step, int places, int later, int captures)
      throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder(
                List.of(
                    java,
                    "-Dlogback.configurationFile="
                        + System.getProperty("logback.configurationFile"),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Victim.class.getName(),
                    image.toString(),
                    Long.toString(step),
                    Integer.toString(places),
                    Integer.toString(later)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      reach(lines, Victim.WRITTEN);
      for (int i = 0; i < captures; i++) {
        reach(lines, Victim.CAPTURED);
        System.err.println("capture " + (i + 1) + " of " + captures);
      }
    } finally {
      process.toHandle().destroyForcibly();
      process.waitFor();
    }
  }

  private static void reach(BufferedReader lines, String wanted) throws IOException {
    String line;
    do {
      line = lines.readLine();
      if (line == null) {
        throw new IllegalStateException("the process ended before it had '" + wanted + "'");
      }
    } while (!wanted.equals(line));
  }
}
