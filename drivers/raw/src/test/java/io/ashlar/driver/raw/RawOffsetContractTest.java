package io.ashlar.driver.raw;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

/** The contract, the rest of a file from an odd place. */
final class RawOffsetContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new RawDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    MemoryNode file = MemoryNode.growing();
    file.truncate(length + 777, Preallocation.OFF);
    host.child("file", file);
    return Map.of("offset", 777);
  }
}
