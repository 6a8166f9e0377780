package io.ashlar.engine.job;

import io.ashlar.engine.api.Bitmaps.Settings;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flushes of the engine's own that fail. */
class LostWritesTest {
  @TempDir Path dir;

  /**
   * A bitmap begins to record when what was written before is durable. If that cannot be had, it
   * begins all the same and would not survive a crash; the guest hears of its data.
   */
  @Test
  void aGuestHearsOfWhatAnEnableLost() {
    try (Backups disks = new Backups(dir)) {
      disks.diskOverFaults("a");
      disks.engine.bitmaps().add("a", "b0", Settings.PERSISTENT).await();
      disks.engine.bitmaps().add("a", "b1", Settings.PERSISTENT).await();
      disks.engine.bitmaps().disable("a", "b0").await();
      try (BlockDevice guest =
          disks.engine.graph().attach("a", DeviceSettings.writer("guest")).await()) {
        guest.write(0, ByteBuffer.allocateDirect(512));
        guest.flush();
        guest.write(0, ByteBuffer.allocateDirect(512));
        disks.faults("a", Map.of("iotype", "flush", "errno", "EIO", "once", true));
        disks.engine.bitmaps().enable("a", "b0").await();
        Backups.refused(ErrorCode.IO_ERROR, guest::flush);
        guest.flush();
      }
    }
  }
}
