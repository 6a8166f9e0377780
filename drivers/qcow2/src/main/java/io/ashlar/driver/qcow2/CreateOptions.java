package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import io.ashlar.spi.Preallocation;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The arguments of {@code blockdev-create} for qcow2, checked.
 *
 * @param size bytes of the virtual disk, a multiple of 512
 * @param version 2 or 3
 * @param geometry cluster size and refcount width
 * @param lazyRefcounts whether refcounts may be postponed
 * @param zstd zstd instead of deflate
 * @param preallocation what to take at once
 * @param backingFile name to put into the header, or {@code null}
 * @param backingFormat its driver, or {@code null} with no backing file
 */
record CreateOptions(
    long size,
    int version,
    Geometry geometry,
    boolean lazyRefcounts,
    boolean zstd,
    Preallocation preallocation,
    String backingFile,
    String backingFormat) {

  /** The options by QEMU's names, and the child that will hold the image. */
  static final OptionSchema SCHEMA =
      OptionSchema.of(
              OptionSpec.size("size", "virtual size in bytes, rounded up to 512").mandatory(),
              OptionSpec.words("version", "v3", "compatibility level", "v2", "v3"),
              OptionSpec.size("cluster-size", "bytes, a power of two from 512 to 2M")
                  .withDefault(65536L),
              OptionSpec.integer("refcount-bits", "1, 2, 4, 8, 16, 32 or 64").withDefault(16L),
              OptionSpec.bool("lazy-refcounts", false, "postpone refcount updates"),
              OptionSpec.string("backing-file", "name to be stored; it is not opened"),
              OptionSpec.string("backing-fmt", "driver of the backing file"),
              OptionSpec.words(
                  "preallocation",
                  "off",
                  "space to take at once",
                  "off",
                  "metadata",
                  "falloc",
                  "full"),
              OptionSpec.words("compression-type", "zlib", "compression", "zlib", "zstd"),
              OptionSpec.bool("extended-l2", false, "subclusters; not offered yet"),
              OptionSpec.string("data-file", "external data file; not offered yet"),
              OptionSpec.bool("data-file-raw", false, "raw external data; not offered yet"),
              OptionSpec.string("encrypt.format", "encryption; not offered yet"))
          .withChildren(
              new ChildSpec("file", ChildKind.STORAGE, true, "the node that will hold the image"));

  /**
   * Checks the options; nothing is touched.
   *
   * @throws BlockException INVALID_OPTION or NOT_SUPPORTED in QEMU's words
   */
  static CreateOptions of(Options options) {
    if (options.bool("extended-l2")) {
      throw notOffered("extended-l2");
    }
    if (options.has("data-file") || options.bool("data-file-raw")) {
      throw notOffered("data-file");
    }
    if (options.has("encrypt.format")) {
      throw notOffered("encrypt");
    }
    Geometry geometry =
        new Geometry(
            powerOfTwo(
                options.optionalNumber("cluster-size").orElse(65536),
                Geometry.MIN_CLUSTER_BITS,
                Geometry.MAX_CLUSTER_BITS,
                "Cluster size must be a power of two between 512 and 2048k"),
            powerOfTwo(
                options.optionalNumber("refcount-bits").orElse(16),
                0,
                6,
                "Refcount width must be a power of two and may not exceed 64 bits"));
    boolean v2 = options.optionalString("version").orElse("v3").equals("v2");
    boolean lazy = options.bool("lazy-refcounts");
    boolean zstd = options.optionalString("compression-type").orElse("zlib").equals("zstd");
    String level = " compatibility level 1.1 and above (use version=v3 or greater)";
    require(
        !v2 || geometry.refcountOrder() == 4,
        "Different refcount widths than 16 bits require" + level);
    require(!v2 || !lazy, "Lazy refcounts only supported with" + level);
    require(!v2 || !zstd, "Non-zlib compression type is only supported with" + level);
    String backing = options.optionalString("backing-file").orElse(null);
    String format = options.optionalString("backing-fmt").orElse(null);
    checkBacking(backing, format);
    Preallocation preallocation =
        Preallocation.valueOf(
            options.optionalString("preallocation").orElse("off").toUpperCase(Locale.ROOT));
    require(
        backing == null || preallocation == Preallocation.OFF,
        "Backing file and preallocation can only be used at the same time if extended_l2 is on");
    return new CreateOptions(
        checkSize(options.number("size"), geometry),
        v2 ? 2 : 3,
        geometry,
        lazy,
        zstd,
        preallocation,
        backing,
        format);
  }

  private static void checkBacking(String backing, String format) {
    require(
        format == null || backing != null, "Backing format cannot be used without backing file");
    require(
        backing == null || format != null,
        "Backing file specified without backing format; add backing-fmt, since the format of a"
            + " backing file is never guessed");
    if (backing != null) {
      int bytes = backing.getBytes(StandardCharsets.UTF_8).length;
      require(
          bytes >= 1 && bytes <= HeaderCodec.MAX_BACKING_NAME,
          "Backing file name has " + bytes + " bytes; 1 to 1023 are allowed");
      require(format.matches("[ -~]{1,15}"), "Backing format must have 1 to 15 ASCII characters");
    }
  }

  private static long checkSize(long asked, Geometry geometry) {
    require(
        asked >= 0 && asked <= geometry.maxVirtualSize(),
        "The image size is too large for file format 'qcow2' (try using a larger cluster size): "
            + asked
            + " of at most "
            + geometry.maxVirtualSize()
            + " bytes");
    return asked + 511 & -512;
  }

  private static int powerOfTwo(long value, int least, int most, String rule) {
    int log = 63 - Long.numberOfLeadingZeros(Math.max(value, 1));
    require(value == 1L << log && log >= least && log <= most, rule + ", not " + value);
    return log;
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new BlockException(ErrorCode.INVALID_OPTION, message);
    }
  }

  private static BlockException notOffered(String option) {
    return new BlockException(
        ErrorCode.NOT_SUPPORTED,
        "option '" + option + "' of qcow2 is not offered by this version; use qemu-img create");
  }
}
