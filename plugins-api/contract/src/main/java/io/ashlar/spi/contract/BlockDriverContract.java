package io.ashlar.spi.contract;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tests that every block driver passes. A driver's test extends this class and says which
 * driver it is and how a fresh disk for it is made:
 *
 * <pre>{@code
 * final class RawContractTest extends BlockDriverContract {
 *   protected BlockDriver driver() { return new RawDriver(); }
 *   protected Map<String, ?> prepare(TestHost host, long length) {
 *     host.child("file", MemoryNode.fixed(length));
 *     return Map.of();
 *   }
 * }
 * }</pre>
 *
 * Storage given as {@link MemoryNode} is also cut off (crashes) and made to fail. The trait methods
 * {@link #stores}, {@link #readsAreDefined}, {@link #resizable} and {@link #reopensReadOnly} are
 * for drivers that differ. Random runs print their seed when they fail, with the shortest list of
 * steps found; the system property {@code ashlar.contract.seed} repeats one.
 */
public abstract class BlockDriverContract extends FailureContract {
  private static final int STEPS = 150;

  @ParameterizedTest(name = "random run {0}")
  @ValueSource(ints = {0, 1, 2, 3})
  final void agreesWithAnArrayOfBytes(int run) {
    Long given = Long.getLong("ashlar.contract.seed");
    agrees(given != null ? given : System.nanoTime() ^ run);
  }

  final void agrees(long seed) {
    RandomRun random = new RandomRun(this);
    List<RandomRun.Step> steps = RandomRun.steps(seed, STEPS, length());
    if (random.run(steps) == null) {
      return;
    }
    List<RandomRun.Step> shortest = random.shrink(steps);
    Throwable failure = random.run(shortest);
    throw new AssertionError(
        "seed %d; %d of %d steps are enough:%n%s%n%s"
            .formatted(
                seed,
                shortest.size(),
                steps.size(),
                shortest.stream().map(Object::toString).collect(Collectors.joining("\n")),
                failure),
        failure);
  }
}
