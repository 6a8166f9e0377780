package io.ashlar.driver.nullco;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.TestHost;
import java.util.Map;

/** A disk that keeps nothing and says so. */
final class NullContractTest extends BlockDriverContract {
  @Override
  protected BlockDriver driver() {
    return new NullDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    return Map.of(NullDriver.SIZE, length, NullDriver.READ_ZEROES, true);
  }

  @Override
  protected boolean stores() {
    return false;
  }

  @Override
  protected boolean resizable() {
    return false;
  }
}
