package io.ashlar.driver.file;

import io.ashlar.spi.CacheMode;

final class FileWritebackContractTest extends FileContract {
  @Override
  CacheMode cache() {
    return CacheMode.WRITEBACK;
  }
}
