package io.ashlar.driver.file;

import io.ashlar.spi.CacheMode;

final class FileDirectsyncContractTest extends FileContract {
  @Override
  CacheMode cache() {
    return CacheMode.DIRECTSYNC;
  }
}
