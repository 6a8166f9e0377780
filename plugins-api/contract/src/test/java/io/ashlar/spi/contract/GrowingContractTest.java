package io.ashlar.spi.contract;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.Preallocation;
import java.util.Map;

/** The suite accepts a correct driver over storage that grows. */
final class GrowingContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new PassThroughDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    MemoryNode file = MemoryNode.growing();
    file.truncate(length, Preallocation.OFF);
    host.child("file", file);
    return Map.of();
  }
}
