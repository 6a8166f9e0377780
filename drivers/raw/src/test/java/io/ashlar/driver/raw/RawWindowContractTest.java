package io.ashlar.driver.raw;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

/** The contract, a window in the middle of a file. */
final class RawWindowContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new RawDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    host.child("file", MemoryNode.fixed(length + 10_000));
    return Map.of("offset", 1024, "size", length);
  }

  @Override
  protected boolean resizable() {
    return false;
  }
}
