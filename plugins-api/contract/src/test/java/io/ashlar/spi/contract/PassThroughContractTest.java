package io.ashlar.spi.contract;

import io.ashlar.spi.BlockDriver;
import java.util.Map;

/** The suite accepts a correct driver. */
final class PassThroughContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new PassThroughDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    host.child("file", MemoryNode.fixed(length));
    return Map.of();
  }
}
