package io.ashlar.driver.file;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.contract.BlockDriverContract;
import io.ashlar.spi.contract.TestHost;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The contract of all drivers, on files of this machine in one cache mode. */
abstract class FileContract extends BlockDriverContract {
  @TempDir Path directory;
  private int count;

  abstract CacheMode cache();

  @Override
  protected BlockDriver driver() {
    return new FileDriver();
  }

  @Override
  protected Map<String, ?> prepare(TestHost host, long length) {
    String name = directory.resolve("disk" + count++).toString();
    host.fileIo(new LinuxFileIo())
        .nodeOptions(NodeOptions.DEFAULTS.withCache(cache()).withDiscardUnmap(true))
        .create(driver(), Map.of("filename", name, "size", length));
    return Map.of("filename", name);
  }
}
