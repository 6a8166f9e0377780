package io.ashlar.bench.compare;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;

/**
 * Reopening an image read-only and read-write again, with persistent bitmaps that all record a
 * guest's write between the two. Both sides have an image of their own and do the same cycles; at
 * the end the bitmaps that they stored are what the guests' writes say they must be.
 */
final class ReopenCase {
  /** Bytes of the disk. */
  private static final long LENGTH = 1L << 40;

  private static final int BITMAPS = 16;
  private static final int GRANULARITY = 64 << 10;

  /** What a cluster of a bitmap covers: 64 KiB of bits, each for 64 KiB. */
  private static final long COVERED = 32L << 30;

  /** Until the compiler is done, or for so long; the other side does as many cycles. */
  private static final int WARM_CYCLES = 600;

  private static final double WARM_SECONDS = 10;

  private static final int ROUGH_CYCLES = 5;

  private final CompareOptions options;
  private final Images images;
  private final QemuBench qemu;
  private final List<String> bitmaps =
      IntStream.range(0, BITMAPS).mapToObj(i -> "bitmap" + i).toList();

  ReopenCase(CompareOptions options, QemuBench qemu, Images images) {
    this.options = options;
    this.qemu = qemu;
    this.images = images;
  }

  /** Guests that write here and there: each bitmap stores all of its clusters. */
  Result spread() {
    return run(
        "reopen-16-spread",
        cycle -> {
          long parts = LENGTH / COVERED;
          return cycle % parts * COVERED + cycle / parts * Cases.STEP;
        },
        true);
  }

  /** Guests that write one step after another: each bitmap stores one cluster. */
  Result near() {
    return run("reopen-16-bitmaps", ReopenCase::next, true);
  }

  /** The same without the journal, which shows what that costs. */
  Result nearWithoutJournal() {
    return run("reopen-16-no-journal", ReopenCase::next, false);
  }

  private static long next(long cycle) {
    return cycle * Cases.STEP % LENGTH;
  }

  private Result run(String name, LongUnaryOperator places, boolean journal) {
    Path oursImage = image(name + "-ours.qcow2");
    Path theirsImage = image(name + "-theirs.qcow2");
    String aio = fasterAio(name, places);
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    long done;
    try (ReopenSide ashlar = new AshlarReopen(oursImage, journal);
        ReopenSide daemon = new StorageDaemon(theirsImage, aio)) {
      done = measure(name, places, ashlar, daemon, ours, theirs);
    }
    String wanted = sum(places, done);
    for (Path image : List.of(oursImage, theirsImage)) {
      requireStored(image, wanted);
    }
    Result.Question question = new Result.Question(name, "public API", "storage daemon, " + aio, 1);
    return new Result(question, ours, theirs);
  }

  private long measure(
      String name,
      LongUnaryOperator places,
      ReopenSide ashlar,
      ReopenSide daemon,
      List<Double> ours,
      List<Double> theirs) {
    long done = 0;
    double warmOurs = 0;
    for (double left = WARM_SECONDS;
        left > 0 && done < WARM_CYCLES;
        left -= ROUGH_CYCLES / warmOurs) {
      warmOurs = rate(ashlar, places, done, ROUGH_CYCLES);
      done += ROUGH_CYCLES;
    }
    double warmTheirs = rate(daemon, places, 0, (int) done);
    Progress.say(
        String.format(Locale.ROOT, "%s warmed up: %,.1f/s, %,.1f/s", name, warmOurs, warmTheirs));
    int cycles = (int) Math.max(ROUGH_CYCLES, Math.min(warmOurs, warmTheirs) * options.seconds());
    for (int i = 0; i < options.pairs(); i++) {
      if (i % 2 == 0) {
        ours.add(rate(ashlar, places, done, cycles));
        theirs.add(rate(daemon, places, done, cycles));
      } else {
        theirs.add(rate(daemon, places, done, cycles));
        ours.add(rate(ashlar, places, done, cycles));
      }
      done += cycles;
      Progress.say(
          String.format(
              Locale.ROOT,
              "%s %d of %d, %d cycles: %,.1f/s against %,.1f/s",
              name,
              i + 1,
              options.pairs(),
              cycles,
              ours.get(i),
              theirs.get(i)));
    }
    return done;
  }

  private static double rate(ReopenSide side, LongUnaryOperator places, long from, int cycles) {
    long nanos = 0;
    for (long cycle = from; cycle < from + cycles; cycle++) {
      nanos += side.cycle(places.applyAsLong(cycle));
    }
    return cycles * 1e9 / nanos;
  }

  /** Which of QEMU's ways of doing I/O is faster here; those that do not work are left out. */
  private String fasterAio(String name, LongUnaryOperator places) {
    String best = "threads";
    double most = 0;
    for (String aio : qemu.modes(images.empty(name + "-try.qcow2", LENGTH))) {
      try (ReopenSide daemon = new StorageDaemon(image(name + "-try.qcow2"), aio)) {
        rate(daemon, places, 0, ROUGH_CYCLES);
        double rate = rate(daemon, places, ROUGH_CYCLES, ROUGH_CYCLES);
        Progress.say(String.format(Locale.ROOT, "%s storage daemon, %s: %.1f/s", name, aio, rate));
        if (rate > most) {
          most = rate;
          best = aio;
        }
      }
    }
    return best;
  }

  private Path image(String name) {
    Path image = images.empty(name, LENGTH);
    List<String> command =
        new ArrayList<>(
            List.of("qemu-img", "bitmap", "--add", "-g", Integer.toString(GRANULARITY)));
    for (String bitmap : bitmaps) {
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of(image.toString(), bitmap));
      Tool.check(words.toArray(String[]::new));
    }
    return image;
  }

  /** The SHA-256 that QEMU has for a bitmap with these writes. */
  private static String sum(LongUnaryOperator places, long cycles) {
    BitSet bits = new BitSet();
    for (long cycle = 0; cycle < cycles; cycle++) {
      long place = places.applyAsLong(cycle);
      bits.set(
          (int) (place / GRANULARITY), (int) ((place + ReopenSide.PAGE - 1) / GRANULARITY) + 1);
    }
    byte[] bytes = Arrays.copyOf(bits.toByteArray(), (int) (LENGTH / GRANULARITY / 8));
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new CompareException("no SHA-256", e);
    }
  }

  private void requireStored(Path image, String wanted) {
    images.requireClean(image);
    String info = Tool.check("qemu-img", "info", "--output=json", image.toString());
    long enabled = info.lines().filter(line -> line.strip().equals("\"auto\"")).count();
    if (enabled != BITMAPS || info.contains("\"in-use\"")) {
      throw new CompareException("not all bitmaps of " + image + " are stored: " + info);
    }
    List<String> sums = StorageDaemon.sums(image, bitmaps);
    if (!sums.stream().allMatch(wanted::equals)) {
      throw new CompareException(
          "bitmaps of " + image + " differ from the writes, whose sum is " + wanted + ": " + sums);
    }
  }
}
