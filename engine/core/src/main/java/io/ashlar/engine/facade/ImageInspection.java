package io.ashlar.engine.facade;

import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.OpenFile;
import java.nio.file.Path;
import java.util.Optional;

/** Asks drivers what a file is, reading that one file only. */
final class ImageInspection {
  private final DriverRegistry drivers;
  private final FileIo fileIo;

  ImageInspection(DriverRegistry drivers, FileIo fileIo) {
    this.drivers = drivers;
    this.fileIo = fileIo;
  }

  /**
   * The report on an image.
   *
   * @param format a driver, or {@code null} to ask every driver
   */
  ImageReport inspect(Path image, String format) {
    try (OpenFile file = fileIo.open(image, FileIo.Access.READ_ONLY);
        InspectedFile io = new InspectedFile(requireRegular(image, file))) {
      if (format != null) {
        return drivers
            .find(format)
            .inspect(io)
            .orElseThrow(
                () ->
                    new BlockException(
                        ErrorCode.WRONG_FORMAT,
                        "'" + image + "' is not an image of format '" + format + "'"));
      }
      for (String name : drivers.names()) {
        BlockDriver driver = drivers.find(name);
        Optional<ImageReport> report = driver.inspect(io);
        if (report.isPresent()) {
          return report.get();
        }
      }
      throw new BlockException(
          ErrorCode.WRONG_FORMAT, "'" + image + "' is of no format that a driver here knows");
    }
  }

  private static OpenFile requireRegular(Path image, OpenFile file) {
    if (file.stat().kind() == OpenFile.Kind.OTHER) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "'" + image + "' is neither a regular file nor a block device");
    }
    return file;
  }
}
