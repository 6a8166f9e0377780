package io.ashlar.bench.compare;

import io.ashlar.bench.compare.QemuBench.Load;
import io.ashlar.engine.api.OpenImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** The cases, and the images that they need. */
final class Cases {
  /** Bytes from one request to the next, as in qemu-img bench, which has no random order. */
  static final long STEP = 69_632;

  private static final int PAGE = 4096;
  private static final int CHUNK = 64 << 10;
  private static final int DEPTH = 16;
  private static final int WARM_RUNS = 5;

  private final CompareOptions options;
  private final QemuBench qemu;
  private final AshlarBench ashlar;
  private final Images images;
  private final int cores = Runtime.getRuntime().availableProcessors();

  Cases(CompareOptions options, QemuBench qemu, AshlarBench ashlar, Images images) {
    this.options = options;
    this.qemu = qemu;
    this.ashlar = ashlar;
    this.images = images;
  }

  /** QEMU's side of a case: the best of its modes, and how many requests last a run. */
  private record Chosen(String mode, long requests) {}

  /** Runs the cases that were asked for. */
  List<Result> run() {
    List<Result> results = new ArrayList<>();
    if (wanted("4k-read")) {
      Path image = images.full("read.qcow2");
      try (OpenImage open = ashlar.reader(image)) {
        results.addAll(reads(image, open));
      }
    }
    if (wanted("4k-overwrite-bitmap")) {
      results.addAll(overwrites());
    }
    if (wanted("64k-fill")) {
      results.add(fill());
    }
    ReopenCase reopen = new ReopenCase(options, qemu, images);
    if (wanted("reopen-16-bitmaps")) {
      results.add(reopen.near());
    }
    if (wanted("reopen-16-no-journal")) {
      results.add(reopen.nearWithoutJournal());
    }
    if (wanted("reopen-16-spread")) {
      results.add(reopen.spread());
    }
    return results;
  }

  private boolean wanted(String family) {
    return options
        .only()
        .map(word -> family.contains(word) || word.startsWith(family))
        .orElse(true);
  }

  private List<Result> reads(Path image, OpenImage open) {
    double seconds = options.seconds();
    for (int callers : List.of(1, cores, DEPTH)) {
      warm(() -> ashlar.reads(open, callers, seconds));
    }
    Load single = new Load(1, PAGE, STEP, false, false);
    Load deep = new Load(DEPTH, PAGE, STEP, false, false);
    Chosen one = choose(single, () -> image);
    Chosen many = choose(deep, () -> image);
    return List.of(
        compare(
            new Result.Question("4k-read-1-caller", "1 caller", "-d 1 -i " + one.mode(), 3),
            () -> ashlar.reads(open, 1, seconds),
            () -> qemu.rate(() -> image, single, one.requests(), one.mode())),
        compare(
            new Result.Question(
                "4k-read-all-cores", cores + " callers", "-d 16 -i " + many.mode(), 3),
            () -> ashlar.reads(open, cores, seconds),
            () -> qemu.rate(() -> image, deep, many.requests(), many.mode())),
        compare(
            new Result.Question(
                "4k-read-16-callers", "16 callers", "Ashlar, " + cores + " callers", 0.8),
            () -> ashlar.reads(open, DEPTH, seconds),
            () -> ashlar.reads(open, cores, seconds)));
  }

  /**
   * Two places: in memory, where the block layers are compared, and in the directory, where most of
   * the time is its file system's. A bare write of the same pages there shows how much.
   */
  private List<Result> overwrites() {
    List<Result> results = new ArrayList<>();
    Optional<Path> memory = Images.memory();
    if (memory.isPresent()) {
      try (Images inMemory = Images.in(memory.get())) {
        results.add(overwrites("4k-overwrite-bitmap", inMemory, 2.5));
      }
      results.add(overwrites("4k-overwrite-disk", images, 0));
    } else {
      results.add(overwrites("4k-overwrite-bitmap", images, 2.5));
    }
    results.add(overwritesBesideBare());
    return results;
  }

  // One caller: the kernel lets one writer at a time into a file.
  private Result overwrites(String name, Images where, double target) {
    Path image = where.fullWithBitmap("overwrite.qcow2");
    double seconds = options.seconds();
    Load load = new Load(DEPTH, PAGE, STEP, true, false);
    warm(() -> ashlar.overwrites(image, 1, seconds));
    Chosen chosen = choose(load, () -> image);
    Result result =
        compare(
            new Result.Question(name, "1 caller", "-w -d 16 -i " + chosen.mode(), target),
            () -> ashlar.overwrites(image, 1, seconds),
            () -> qemu.rate(() -> image, load, chosen.requests(), chosen.mode()));
    where.requireClean(image);
    return result;
  }

  private Result overwritesBesideBare() {
    Path image = images.fullWithBitmap("beside.qcow2");
    Path plain = images.plain("bare.raw");
    double seconds = options.seconds();
    warm(() -> ashlar.overwrites(image, 1, seconds));
    warm(() -> BareFile.overwrites(plain, seconds));
    return compare(
        new Result.Question("4k-overwrite-bare", "1 caller", "pwrite to a plain file", 0),
        () -> ashlar.overwrites(image, 1, seconds),
        () -> BareFile.overwrites(plain, seconds));
  }

  private Result fill() {
    Load load = new Load(DEPTH, CHUNK, CHUNK, true, true);
    Supplier<Path> fresh = () -> images.empty("fill.qcow2");
    Chosen chosen = choose(load, fresh);
    // A multiple of what the callers do between two looks at the clock, so that both write the
    // same.
    long unit = 64L * cores;
    long requests = Math.max(unit, Math.min(chosen.requests(), Images.EMPTY / CHUNK) / unit * unit);
    warm(() -> ashlar.fills(fresh.get(), cores, CHUNK, requests));
    Result result =
        compare(
            new Result.Question("64k-fill", cores + " callers", "-w -d 16 -i " + chosen.mode(), 1),
            () -> {
              Path image = fresh.get();
              double rate = ashlar.fills(image, cores, CHUNK, requests);
              images.requireClean(image);
              return rate;
            },
            () -> qemu.rate(fresh, load, requests, chosen.mode()));
    return result;
  }

  /** Untimed runs, until the compiler is done with what they use. */
  private static void warm(DoubleSupplier run) {
    for (int i = 0; i < WARM_RUNS; i++) {
      Progress.say(String.format(Locale.ROOT, "warming up: %,.0f/s", run.getAsDouble()));
    }
  }

  private Chosen choose(Load load, Supplier<Path> image) {
    long most = Math.min(QemuBench.MOST_REQUESTS, Images.EMPTY / load.size());
    List<Chosen> all = new ArrayList<>();
    List<Double> rates = new ArrayList<>();
    for (String mode : qemu.modes(image.get())) {
      double rough = qemu.rate(image, load, 2000, mode);
      long requests = Math.max(2000, Math.min(most, (long) (rough * options.seconds())));
      double[] tries = new double[3];
      for (int i = 0; i < tries.length; i++) {
        tries[i] = qemu.rate(image, load, requests, mode);
      }
      double rate = Result.median(tries);
      requests = Math.max(2000, Math.min(most, (long) (rate * options.seconds())));
      all.add(new Chosen(mode, requests));
      rates.add(rate);
      Progress.say(
          String.format(Locale.ROOT, "qemu-img bench %s -i %s: %,.0f/s", load, mode, rate));
    }
    return all.get(rates.indexOf(rates.stream().max(Comparator.naturalOrder()).orElseThrow()));
  }

  private Result compare(Result.Question question, DoubleSupplier left, DoubleSupplier right) {
    List<Double> lefts = new ArrayList<>();
    List<Double> rights = new ArrayList<>();
    for (int i = 0; i < options.pairs(); i++) {
      // Who goes first changes, so that neither always finds what the other left behind.
      if (i % 2 == 0) {
        lefts.add(left.getAsDouble());
        rights.add(right.getAsDouble());
      } else {
        rights.add(right.getAsDouble());
        lefts.add(left.getAsDouble());
      }
      Progress.say(
          String.format(
              Locale.ROOT,
              "%s %d of %d: %,.0f/s against %,.0f/s",
              question.name(),
              i + 1,
              options.pairs(),
              lefts.get(i),
              rights.get(i)));
    }
    return new Result(question, lefts, rights);
  }
}
