package io.ashlar.driver.blkdebug;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

final class BlkdebugContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new BlkdebugDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    host.child("image", MemoryNode.fixed(length));
    return Map.of();
  }
}
