package io.ashlar.driver.file;

import io.ashlar.spi.CacheMode;

final class FileUnsafeContractTest extends FileContract {
  @Override
  CacheMode cache() {
    return CacheMode.UNSAFE;
  }
}
