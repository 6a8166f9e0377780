package io.ashlar.driver.file;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;
import java.util.Optional;

/**
 * Regular files and block devices by name. Locks are QEMU's, so that a QEMU and this engine exclude
 * each other on one file.
 */
public final class FileDriver implements BlockDriver {
  static final String FILENAME = "filename";
  static final String LOCKING = "locking";
  static final String SIZE = "size";
  static final String PREALLOCATION = "preallocation";

  private static final OptionSpec FILE =
      OptionSpec.string(FILENAME, "path of the file or block device").mandatory();

  private static final OptionSchema OPTIONS =
      OptionSchema.of(
          FILE,
          OptionSpec.words(
              LOCKING,
              "auto",
              "QEMU's byte-range locks; auto is on, off lets others write at the same time",
              "auto",
              "on",
              "off"));

  private static final OptionSchema CREATE_OPTIONS =
      OptionSchema.of(
          FILE,
          OptionSpec.size(SIZE, "length of the new file in bytes").mandatory(),
          OptionSpec.words(
              PREALLOCATION,
              "off",
              "take no space yet, reserve it, or write zeroes",
              "off",
              "falloc",
              "full"));

  @Override
  public String name() {
    return "file";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OPTIONS;
  }

  @Override
  public BlockNode open(OpenContext context) {
    return FileOpening.open(context);
  }

  @Override
  public Optional<OptionSchema> createOptions() {
    return Optional.of(CREATE_OPTIONS);
  }

  /**
   * Makes a new file of that size and closes it. A file that is there already is never touched.
   *
   * @throws io.ashlar.spi.BlockException FILE_EXISTS when there is one; NO_SPACE and IO_ERROR, and
   *     then the new file is removed again
   */
  @Override
  public void create(CreateContext context) {
    FileCreation.create(context);
  }
}
