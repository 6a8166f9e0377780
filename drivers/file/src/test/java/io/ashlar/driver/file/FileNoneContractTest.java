package io.ashlar.driver.file;

import io.ashlar.spi.CacheMode;

final class FileNoneContractTest extends FileContract {
  @Override
  CacheMode cache() {
    return CacheMode.NONE;
  }
}
