package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

/** The contract of all drivers, for one kind of image. */
abstract class Qcow2Contract extends BlockDriverContract {
  private final Map<String, ?> kind;

  Qcow2Contract(long clusterSize, String version, long refcountBits) {
    this.kind =
        Map.of("cluster-size", clusterSize, "version", version, "refcount-bits", refcountBits);
  }

  @Override
  protected BlockDriver driver() {
    return new Qcow2Driver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    MemoryNode file = MemoryNode.growing();
    Map<String, Object> options = new java.util.HashMap<>(kind);
    options.put("size", length);
    TestHost.create().child("file", file).create(driver(), options);
    host.child("file", file);
    return Map.of();
  }
}
