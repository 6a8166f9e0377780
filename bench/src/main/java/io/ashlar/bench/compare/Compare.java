package io.ashlar.bench.compare;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** The command {@code bench/compare}. */
public final class Compare {
  private Compare() {}

  /** Ends with 0 when each target is met, 1 when one is missed, 2 when nothing was measured. */
  public static void main(String[] arguments) {
    if (List.of(arguments).contains("--help")) {
      System.out.print(CompareOptions.USAGE);
      return;
    }
    int code;
    try {
      code = run(CompareOptions.parse(List.of(arguments)), System.out) ? 0 : 1;
    } catch (CompareException e) {
      System.err.println("bench/compare: " + e.getMessage());
      code = 2;
    }
    System.exit(code);
  }

  private static boolean run(CompareOptions options, PrintStream out) {
    String version = Tool.check("qemu-img", "--version").lines().findFirst().orElse("");
    QemuBench qemu = new QemuBench();
    double before = Cap.measure();
    List<Result> results;
    try (Images images = Images.in(options.directory());
        AshlarBench ashlar = new AshlarBench()) {
      results = new Cases(options, qemu, ashlar, images).run();
    }
    if (results.isEmpty()) {
      throw new CompareException("no case contains '" + options.only().orElse("") + "'");
    }
    double after = Cap.measure();
    if (options.json()) {
      results.forEach(result -> out.println(result.json()));
      out.printf(
          Locale.ROOT,
          "{\"cap\":[%.2f,%.2f],\"cores\":%d,\"qemu\":\"%s\",\"java\":\"%s\",\"died\":%d}%n",
          before,
          after,
          Runtime.getRuntime().availableProcessors(),
          version,
          Runtime.version(),
          qemu.died());
    } else {
      table(options, results, out);
      out.printf(
          Locale.ROOT,
          "cap: two busy threads do %.2f times the work of one before, %.2f after (%d cores)%n",
          before,
          after,
          Runtime.getRuntime().availableProcessors());
      out.printf("%s; Java %s%n", version, Runtime.version());
      if (qemu.died() > 0) {
        out.printf("%d runs of qemu-img bench died and were repeated%n", qemu.died());
      }
    }
    return results.stream().allMatch(Result::met);
  }

  private static void table(CompareOptions options, List<Result> results, PrintStream out) {
    out.println(Result.head());
    results.forEach(result -> out.println(result.row()));
    out.printf(
        Locale.ROOT,
        "medians of %d runs of about %.1f s each, in turns%n",
        options.pairs(),
        options.seconds());
  }
}
