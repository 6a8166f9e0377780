package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;

/**
 * A node's options, understood. All but the entry size of the L2 cache, the journal and the fence
 * may change on reopen.
 *
 * @param readOnly no write is served
 * @param writethrough each write is durable when it is acknowledged
 * @param lazyRefcounts refcounts are written late, under the dirty bit
 * @param discard guests' discards are carried out, and zero requests may free clusters
 * @param punchRequests clusters freed by requests are given back to the file below
 * @param punchOthers clusters freed otherwise are
 * @param keepDiscarded discarded clusters stay allocated and read as zeroes
 * @param overlaps kinds of metadata that are guarded, bits of {@link Overlaps}
 * @param l2CacheBytes bytes of L2 entries kept in memory
 * @param refcountCacheBytes bytes of refcount blocks kept in memory
 * @param cleanNanos metadata that was not used for that long leaves memory when tables are read or
 *     flushed the next time; 0 for never
 * @param sliceEntries L2 entries read and written together
 * @param journal where the history of the bitmaps goes; {@code null} for beside the image
 * @param fence whether a fence may be put into the image
 * @param trustsCopies the user vouches that nobody changed the image since a crash
 * @param repair what is mended before the first write
 */
record Settings(
    boolean readOnly,
    boolean writethrough,
    boolean lazyRefcounts,
    boolean discard,
    boolean punchRequests,
    boolean punchOthers,
    boolean keepDiscarded,
    int overlaps,
    long l2CacheBytes,
    long refcountCacheBytes,
    long cleanNanos,
    int sliceEntries,
    String journal,
    boolean fence,
    boolean trustsCopies,
    Repair repair) {

  private static final long MOST_L2_BYTES = 32L << 20;
  private static final String[] GUARDS = {
    "main-header",
    "active-l1",
    "active-l2",
    "refcount-table",
    "refcount-block",
    "snapshot-table",
    "inactive-l1",
    "inactive-l2",
    "bitmap-directory"
  };
  private static final String[] TEMPLATES = {"none", "constant", "cached", "all"};

  /** The options of the driver, with QEMU's names. */
  static OptionSpec[] specs() {
    OptionSpec[] plain = {
      OptionSpec.bool("lazy-refcounts", false, "write refcounts late; default: what the image says")
          .withDefault(null)
          .reopenable(),
      OptionSpec.bool("pass-discard-request", false, "give clusters freed by requests back to file")
          .withDefault(null)
          .reopenable(),
      OptionSpec.bool("pass-discard-snapshot", false, "not served, like internal snapshots")
          .withDefault(null)
          .reopenable(),
      OptionSpec.bool("pass-discard-other", false, "give clusters freed otherwise back to file")
          .reopenable(),
      OptionSpec.bool("discard-no-unref", false, "keep discarded clusters allocated (version 3)")
          .reopenable(),
      OptionSpec.words("overlap-check", null, "metadata guarded against overwrites", TEMPLATES)
          .reopenable(),
      OptionSpec.words("overlap-check.template", null, "the same, within an object", TEMPLATES)
          .reopenable(),
      OptionSpec.size("cache-size", "bytes of both metadata caches together").reopenable(),
      OptionSpec.size("l2-cache-size", "bytes of L2 tables kept in memory").reopenable(),
      OptionSpec.size("refcount-cache-size", "bytes of refcount blocks kept in memory")
          .reopenable(),
      OptionSpec.string(
          "journal",
          "file for the history of the persistent bitmaps, or off; default: beside the image"),
      OptionSpec.bool("fence", true, "tie the bitmaps to their journal, to survive a crash"),
      OptionSpec.bool(
          "trust-copied-image",
          false,
          "recover bitmaps although the file was copied since a crash"),
      OptionSpec.words(
          "repair", "off", "what to mend before the first write", "off", "leaks", "all"),
      OptionSpec.integer("cache-clean-interval", "seconds after which unused tables leave memory")
          .between(0, 1L << 32)
          .withDefault(600L)
          .reopenable(),
      OptionSpec.size("l2-cache-entry-size", "bytes of an L2 table read at once, a power of two")
          .between(512, 2 << 20),
    };
    OptionSpec[] all = java.util.Arrays.copyOf(plain, plain.length + GUARDS.length);
    for (int i = 0; i < GUARDS.length; i++) {
      all[plain.length + i] =
          OptionSpec.bool("overlap-check." + GUARDS[i], false, "guard this kind of metadata")
              .withDefault(null)
              .reopenable();
    }
    return all;
  }

  /**
   * Understands options for an image.
   *
   * @throws BlockException INVALID_OPTION for a combination that makes no sense
   */
  static Settings of(Options options, NodeOptions node, Header header) {
    boolean v3 = header.version() >= 3;
    boolean asked = options.bool("lazy-refcounts");
    boolean keep = options.bool("discard-no-unref");
    if (asked && !v3) {
      throw invalid("lazy-refcounts needs an image of version 3 (compat=1.1)");
    }
    if (keep && !v3) {
      throw invalid("discard-no-unref needs an image of version 3 (compat=1.1)");
    }
    if (options.has("pass-discard-snapshot")) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "driver 'qcow2': pass-discard-snapshot has nothing to act on, for internal snapshots are"
              + " not served; leave it out");
    }
    boolean stored = v3 && (header.compatible() & Header.LAZY_REFCOUNTS) != 0;
    boolean unmap = node.discardUnmap();
    Caches caches = Caches.of(options, header);
    return new Settings(
        node.readOnly(),
        !node.cache().writeback(),
        options.has("lazy-refcounts") ? asked : stored,
        unmap,
        options.has("pass-discard-request") ? options.bool("pass-discard-request") : unmap,
        options.bool("pass-discard-other"),
        keep,
        overlaps(options),
        caches.l2,
        caches.refcounts,
        options.number("cache-clean-interval") * 1_000_000_000L,
        sliceEntries(options, header),
        options.optionalString("journal").orElse(null),
        options.bool("fence"),
        options.bool("trust-copied-image"),
        repair(options));
  }

  /** The same with another read-only flag. */
  Settings withReadOnly(boolean value) {
    return new Settings(
        value,
        writethrough,
        lazyRefcounts,
        discard,
        punchRequests,
        punchOthers,
        keepDiscarded,
        overlaps,
        l2CacheBytes,
        refcountCacheBytes,
        cleanNanos,
        sliceEntries,
        journal,
        fence,
        trustsCopies,
        repair);
  }

  /** Slices that the L2 cache may hold. */
  long slices() {
    return l2CacheBytes / (sliceEntries * 8L);
  }

  private static int sliceEntries(Options options, Header header) {
    long bytes =
        options.optionalNumber("l2-cache-entry-size").orElse(Math.min(4096, header.clusterSize()));
    if (Long.bitCount(bytes) != 1 || bytes < 512 || bytes > header.clusterSize()) {
      throw invalid(
          "l2-cache-entry-size is a power of two from 512 to the cluster size ("
              + header.clusterSize()
              + "), not "
              + bytes);
    }
    return (int) bytes / 8;
  }

  private static Repair repair(Options options) {
    return switch (options.string("repair")) {
      case "leaks" -> Repair.LEAKS;
      case "all" -> Repair.ALL;
      default -> Repair.NONE;
    };
  }

  private static int overlaps(Options options) {
    if (options.has("overlap-check") && options.has("overlap-check.template")) {
      throw invalid("overlap-check and overlap-check.template say the same; give one");
    }
    String template =
        options
            .optionalString("overlap-check")
            .or(() -> options.optionalString("overlap-check.template"))
            .orElse("cached");
    int kinds =
        switch (template) {
          case "none" -> 0;
          case "constant" -> Overlaps.CONSTANT;
          case "all" -> Overlaps.ALL;
          default -> Overlaps.CACHED;
        };
    for (int i = 0; i < GUARDS.length; i++) {
      String name = "overlap-check." + GUARDS[i];
      if (options.has(name)) {
        kinds = options.bool(name) ? kinds | 1 << i : kinds & ~(1 << i);
      }
    }
    return kinds;
  }

  private static BlockException invalid(String what) {
    return new BlockException(ErrorCode.INVALID_OPTION, "driver 'qcow2': " + what);
  }

  private record Caches(long l2, long refcounts) {
    static Caches of(Options options, Header header) {
      Geometry g = header.geometry();
      long needed = Geometry.ceilDiv(header.size(), g.clusterSize()) * 8;
      long quarter = Runtime.getRuntime().maxMemory() / 4;
      long defaultL2 = Math.min(Math.max(roundUp(needed), 32768), Math.min(MOST_L2_BYTES, quarter));
      long defaultCounts = Math.max(4L * g.clusterSize(), 256 << 10);
      boolean both = options.has("l2-cache-size") && options.has("refcount-cache-size");
      if (!options.has("cache-size")) {
        return new Caches(
            options.optionalNumber("l2-cache-size").orElse(defaultL2),
            options.optionalNumber("refcount-cache-size").orElse(defaultCounts));
      }
      long total = options.number("cache-size");
      if (both) {
        throw invalid("cache-size, l2-cache-size and refcount-cache-size may not all be given");
      }
      long l2 = options.optionalNumber("l2-cache-size").orElse(-1);
      long counts = options.optionalNumber("refcount-cache-size").orElse(-1);
      if (l2 > total || counts > total) {
        throw invalid("l2-cache-size and refcount-cache-size may not exceed cache-size");
      }
      if (l2 >= 0) {
        return new Caches(l2, total - l2);
      }
      counts = counts >= 0 ? counts : Math.min(total, 4L * g.clusterSize());
      return new Caches(total - counts, counts);
    }

    private static long roundUp(long bytes) {
      return bytes <= 1 ? 1 : Long.highestOneBit(bytes - 1) << 1;
    }
  }
}
