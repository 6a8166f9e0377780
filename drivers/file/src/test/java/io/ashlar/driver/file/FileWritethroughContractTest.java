package io.ashlar.driver.file;

import io.ashlar.spi.CacheMode;

final class FileWritethroughContractTest extends FileContract {
  @Override
  CacheMode cache() {
    return CacheMode.WRITETHROUGH;
  }
}
