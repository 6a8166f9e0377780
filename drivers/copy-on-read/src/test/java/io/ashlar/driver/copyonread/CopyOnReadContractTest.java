package io.ashlar.driver.copyonread;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

final class CopyOnReadContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new CopyOnReadDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    host.child("file", MemoryNode.fixed(length));
    return Map.of();
  }
}
