package io.ashlar.driver.copybeforewrite;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

final class CopyBeforeWriteContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new CopyBeforeWriteDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    host.child("file", MemoryNode.fixed(length));
    host.child("target", MemoryNode.fixed(length));
    return Map.of();
  }

  @Override
  protected boolean resizable() {
    return false;
  }
}
