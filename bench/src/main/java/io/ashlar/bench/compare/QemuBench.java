package io.ashlar.bench.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs of {@code qemu-img bench}. With io_uring it overflows its stack on long runs, hence the
 * stack without limit and the bound on requests; a run that dies all the same is repeated and never
 * counted.
 */
final class QemuBench {
  /** Most requests of one run. */
  static final long MOST_REQUESTS = 100_000;

  private static final int MOST_DEATHS = 20;
  private static final Pattern TIME = Pattern.compile("Run completed in ([0-9.]+) seconds");

  /**
   * What a run does.
   *
   * @param depth requests at a time
   * @param size bytes of a request
   * @param step bytes from one request to the next
   * @param write writes instead of reads
   * @param flush one flush at the end, within the time. {@code --flush-interval} cannot say that:
   *     it counts back from the end, and a flush of its own after the last request is not timed. So
   *     the time is that of the whole process, whose last act is to flush the image, less that of a
   *     process that does one request
   */
  record Load(int depth, int size, long step, boolean write, boolean flush) {}

  private long died;

  /**
   * The ways of doing I/O that this host allows for page-cached images. {@code native} is not among
   * them: QEMU has it for O_DIRECT alone.
   */
  List<String> modes(Path image) {
    List<String> modes = new ArrayList<>();
    for (String mode : List.of("threads", "io_uring")) {
      Load load = new Load(1, 4096, 69_632, false, false);
      if (Tool.run(command(image, load, 10, mode)).code() == 0) {
        modes.add(mode);
      }
    }
    if (modes.isEmpty()) {
      throw new CompareException("qemu-img bench works with none of its ways to do I/O");
    }
    return modes;
  }

  /** Runs that died so far, all of them repeated. */
  long died() {
    return died;
  }

  /**
   * Requests a second.
   *
   * @param image makes or names the image for a run
   */
  double rate(Supplier<Path> image, Load load, long requests, String mode) {
    if (!load.flush()) {
      return requests / run(image.get(), load, requests, mode).reported();
    }
    double[] starts = new double[5];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = run(image.get(), load, 1, mode).whole();
    }
    double start = Result.median(starts);
    return requests / (run(image.get(), load, requests, mode).whole() - start);
  }

  private record Seconds(double reported, double whole) {}

  private Seconds run(Path image, Load load, long requests, String mode) {
    for (int deaths = 0; deaths < MOST_DEATHS; deaths++) {
      long start = System.nanoTime();
      Tool.Ended ended = Tool.run(command(image, load, requests, mode));
      double whole = (System.nanoTime() - start) / 1e9;
      Matcher time = TIME.matcher(ended.output());
      if (ended.code() == 0 && time.find()) {
        return new Seconds(Double.parseDouble(time.group(1)), whole);
      }
      if (ended.code() == 1) { // an error of its own, not a death
        throw new CompareException("qemu-img bench failed: " + ended.output());
      }
      died++;
    }
    throw new CompareException("qemu-img bench -i " + mode + " died " + MOST_DEATHS + " times");
  }

  private static List<String> command(Path image, Load load, long requests, String mode) {
    List<String> words = new ArrayList<>(List.of("sh", "-c", "ulimit -s unlimited; exec \"$@\""));
    words.addAll(List.of("sh", "qemu-img", "bench", "-f", "qcow2", "-t", "writeback"));
    words.addAll(List.of("-i", mode, "-c", Long.toString(requests)));
    words.addAll(List.of("-d", Integer.toString(load.depth())));
    words.addAll(List.of("-s", Integer.toString(load.size())));
    words.addAll(List.of("-S", Long.toString(load.step())));
    if (load.write()) {
      words.add("-w");
    }
    words.add(image.toString());
    return words;
  }
}
