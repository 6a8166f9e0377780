package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random requests on every kind of image; QEMU's tools judge what is left. */
class Qcow2RandomTest {
  private static final int STEPS = 120;

  @TempDir Path directory;

  static List<Cell> cells() {
    return Cell.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cells")
  void disk_holdsWhatWasWritten_andQemuAgrees(Cell cell) {
    long seed = Long.getLong("ashlar.seed", System.nanoTime());
    try {
      run(cell, new Random(seed));
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Dashlar.seed=" + seed + " " + cell + ": " + e, e);
    }
  }

  private void run(Cell cell, Random random) {
    byte[] below = cell.below(random);
    MemoryNode file = MemoryNode.growing();
    TestHost host = cell.host(file, below);
    Qcow2Driver driver = new Qcow2Driver();
    // Small caches, so that slices and blocks come and go.
    Map<String, Object> options = Map.of("l2-cache-size", 8192L, "refcount-cache-size", 1L);
    Operations operations = new Operations(cell, random, cell.content(below));
    for (int life = 0; life < 2; life++) {
      BlockNode node = host.open(driver, options);
      for (int i = 0; i < STEPS; i++) {
        operations.step(node);
      }
      operations.compareAll(node);
      node.close();
    }
    BlockNode again = host.readOnly(true).open(driver);
    operations.compareAll(again);
    again.close();
    Path image = Cell.save(file, below, directory);
    QemuTools.assertClean(image);
    Path raw = directory.resolve("expected.raw");
    QemuTools.save(MemoryNode.of(operations.expected), raw);
    QemuTools.run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, raw);
  }
}
