package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;

/** Where findings of damage go (section 17). */
interface Corruption {
  /**
   * Damage that makes further writing dangerous: a writable image is marked corrupt on disk and
   * refuses every write from now on.
   *
   * @param message QEMU's words for it
   * @param offset host offset in bytes, or -1
   * @return what the request fails with
   */
  BlockException fatal(String message, long offset);
}
