package io.ashlar.bench;

import io.ashlar.engine.bitmap.bits.Armer;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.GateState;
import io.ashlar.engine.bitmap.bits.Generation;
import io.ashlar.engine.bitmap.bits.HotRegions;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.spi.system.SystemWaits;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What recording a write in one bitmap costs: begin and end, nothing between them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class RecordingCost {
  private static final long LENGTH = 1L << 40;
  private static final int PAGE = 4096;

  private final Recording recording =
      new Recording(
          "bench",
          Generation.of(
              List.of(BitmapState.of("bitmap0", new BitTree(LENGTH, 1 << 16), true, true))),
          GateState.ARMED,
          Armer.NONE,
          HotRegions.NONE,
          SystemWaits.INSTANCE,
          false);

  /** A thread's place in the disk. */
  @State(Scope.Thread)
  public static class Caller {
    private long index;
  }

  /** One writer; its bits are set after the first time round. */
  @Benchmark
  public void oneWriter(Caller caller) {
    record(caller);
  }

  /** Two writers of the same bits. */
  @Benchmark
  @Threads(2)
  public void twoWriters(Caller caller) {
    record(caller);
  }

  private void record(Caller caller) {
    long offset = caller.index++ * BenchImage.STEP % BenchImage.LENGTH;
    long token = recording.begin(offset, PAGE);
    recording.end(token, offset, PAGE);
  }
}
