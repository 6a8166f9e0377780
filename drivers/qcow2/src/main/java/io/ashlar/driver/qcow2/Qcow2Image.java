package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Waits;
import java.util.function.UnaryOperator;

/**
 * An open image: its parts, and the state that they share. The paths of the node (reading, writing,
 * zeroing ...) work on it; so does the code for bitmaps, through an {@link ImageSpace}.
 */
final class Qcow2Image implements HeaderSwitch {
  final OpenContext context;
  final HostFile file;
  final Geometry geometry;
  final Overlaps overlaps;
  final Refcounts refcounts;
  final ClusterAllocator allocator;
  final Mapping mapping;
  final MetadataRound round;
  final FlushRounds rounds;
  final InFlight inFlight = new InFlight();
  final StripeLocks stripes;
  final Damage damage;
  final Buffers buffers;
  final ImageFence fence;
  final boolean version3;
  private final HeaderFile headerFile;
  private final Runnable comeBy;
  private final Waits.WaitLock headerLock;
  private volatile Settings settings;
  private volatile Child backing;
  private volatile long size;
  private volatile boolean writable;
  private volatile boolean dirtyMarked;
  private volatile boolean directorySound;

  /** Reads the tables of an image whose header was checked. */
  Qcow2Image(
      OpenContext context,
      HostFile file,
      byte[] cluster,
      Header header,
      Settings settings,
      BitmapSteps steps) {
    this.context = context;
    this.file = file;
    this.geometry = header.geometry();
    this.settings = settings;
    this.version3 = header.version() >= 3;
    this.headerLock = context.waits().newLock();
    this.headerFile = new HeaderFile(file.asBlockIo(), cluster, context.nodeName());
    this.fence = new ImageFence(headerLock, headerFile, file, steps);
    this.stripes = new StripeLocks(context.waits());
    this.buffers = new Buffers(geometry.clusterSize());
    this.damage = new Damage(context, () -> writable, version3 ? this::markCorrupt : () -> {});
    this.overlaps = new Overlaps(damage, geometry.clusterBits(), settings.overlaps());
    this.directorySound = directorySound(header);
    overlaps.header(header, directorySound);
    this.refcounts = new Refcounts(file, header, damage, overlaps, settings.refcountCacheBytes());
    this.allocator =
        new ClusterAllocator(file, geometry, refcounts, overlaps, inFlight, this, context.waits());
    this.mapping =
        new Mapping(
            file,
            header,
            damage,
            allocator,
            overlaps,
            context.waits(),
            settings.sliceEntries(),
            settings.slices());
    LostClusters lost = new LostClusters(file, geometry, mapping, stripes, inFlight, context);
    this.round = new MetadataRound(file, allocator, mapping, this, fence, lost);
    this.rounds = new FlushRounds(context.waits(), round);
    CacheCleaner cleaner = new CacheCleaner(context.clock(), this::dropUnused);
    this.comeBy = () -> cleaner.comeBy(this.settings.cleanNanos());
    mapping.afterLoad(comeBy);
    this.size = header.size() & -512L;
    this.dirtyMarked = header.dirty();
    allocator.punchOthers(settings.punchOthers());
  }

  private boolean directorySound(Header of) {
    try {
      return BitmapDirectory.readOrDamaged(of, fileLength(), file::read, nodeName()).damage()
          == null;
    } catch (BlockException e) {
      return true; // it may be readable later
    }
  }

  private void markCorrupt() {
    change(h -> h.withIncompatible(Header.CORRUPT, true));
  }

  private void dropUnused() {
    mapping.dropUnused();
    allocator.locked(refcounts::dropUnused);
  }

  /** The name of the node, for messages. */
  String nodeName() {
    return context.nodeName();
  }

  /** The present options. */
  Settings settings() {
    return settings;
  }

  /** Takes other options; the node is quiesced. */
  void settings(Settings next) {
    Settings old = settings;
    settings = next;
    overlaps.guard(next.overlaps());
    allocator.punchOthers(next.punchOthers());
    if (next.refcountCacheBytes() != old.refcountCacheBytes()) {
      allocator.locked(() -> refcounts.resizeCache(next.refcountCacheBytes()));
    }
    if (next.slices() != old.slices() && mapping.clean()) {
      mapping.replaceCache(next.slices());
    }
  }

  /** The backing child, or {@code null}. */
  Child backing() {
    return backing;
  }

  /** Takes another backing child, or none; the node is quiesced. */
  void backing(Child next) {
    backing = next;
  }

  /** Bytes of the virtual disk, as served. */
  long virtualSize() {
    return size;
  }

  /** Serves another length from now on. */
  void virtualSize(long bytes) {
    size = bytes;
  }

  /** Whether writes are served. */
  boolean writable() {
    return writable;
  }

  /** Serves writes from now on, or refuses them. */
  void writable(boolean value) {
    writable = value;
  }

  @Override
  public Header header() {
    return headerFile.header();
  }

  @Override
  public void change(UnaryOperator<Header> change) {
    headerLock.lock();
    try {
      headerFile.update(fence.withRecord(change.apply(headerFile.header())));
      overlaps.header(headerFile.header(), directorySound);
    } finally {
      headerLock.unlock();
    }
  }

  /** Whether a change of the header failed and nobody knows what the disk shows. */
  boolean headerUnknown() {
    headerLock.lock();
    try {
      return headerFile.outcomeUnknown();
    } finally {
      headerLock.unlock();
    }
  }

  @Override
  public void settle() {
    headerLock.lock();
    try {
      headerFile.settle();
    } finally {
      headerLock.unlock();
    }
  }

  /**
   * Before a guest changes anything.
   *
   * @throws BlockException READ_ONLY, IMAGE_CORRUPT, or that of a fence that cannot be taken out
   */
  void requireWritable() {
    damage.requireWritable();
    fence.beforeGuest();
  }

  /**
   * After a request found no space: makes the clusters usable that were freed lately. The request
   * is out of the flight meanwhile, for nothing becomes free while it is in it.
   *
   * @throws BlockException the error itself when there is nothing to gain
   */
  void makeSpace(BlockException error) {
    if (error.code() != ErrorCode.NO_SPACE || !allocator.hasQuarantined()) {
      throw error;
    }
    rounds.flush();
    allocator.releaseNow();
  }

  /** Before an entry changes under lazy refcounts: marks the image dirty, durably. */
  void beforeLink() {
    if (settings.lazyRefcounts() && !dirtyMarked) {
      headerLock.lock();
      try {
        if (!dirtyMarked) {
          change(h -> h.withIncompatible(Header.DIRTY, true));
          round.refcountsMayWait(true);
          dirtyMarked = true;
        }
      } finally {
        headerLock.unlock();
      }
    }
  }

  /**
   * Makes every write durable that was acknowledged before.
   *
   * @throws BlockException also when an earlier flush failed that nobody was told of, for guests'
   *     data may be lost
   */
  void flushForGuest() {
    boolean good = false;
    try {
      rounds.flush();
      good = true;
    } finally {
      if (!good) {
        file.takeLost(); // told by this failure
      }
    }
    comeBy.run();
    BlockException lost = file.takeLost();
    if (lost != null) {
      throw lost;
    }
  }

  /**
   * The same for a command, which is not who has to hear of guests' lost data: their next flush
   * tells it still.
   *
   * @throws BlockException also when guests' data may be lost
   */
  void flushForCommand() {
    rounds.flush();
    comeBy.run();
    BlockException lost = file.lost();
    if (lost != null) {
      throw lost;
    }
  }

  /**
   * Writes back everything, frees what is in quarantine and takes the dirty bit away. The node is
   * quiesced.
   */
  void clean() {
    round.refcountsMayWait(false);
    // Each pass may free clusters whose lower counts the next one writes.
    for (int pass = 0; pass < 4; pass++) {
      flushForGuest();
      allocator.releaseNow();
      if (mapping.clean() && allocator.clean()) {
        break;
      }
    }
    file.endSector();
    if (dirtyMarked && !damage.found()) {
      change(h -> h.withIncompatible(Header.DIRTY, false));
      dirtyMarked = false;
    }
  }

  /**
   * Checks the image as it is on disk, and mends it. The node is quiesced and everything is written
   * back.
   */
  CheckResult check(Repair repair) {
    headerLock.lock();
    try {
      RefcountCheck check = new RefcountCheck(file.asBlockIo(), headerFile, nodeName());
      CheckResult result;
      try {
        result = check.run(repair);
      } finally {
        if (repair != Repair.NONE) {
          reload();
        }
      }
      if (repair == Repair.ALL && !header().corrupt()) {
        damage.mended();
      }
      return result;
    } finally {
      headerLock.unlock();
    }
  }

  /**
   * Mends a dirty image before its first write.
   *
   * @throws BlockException IMAGE_CORRUPT when something is left that cannot be mended
   */
  void repairDirty() {
    headerLock.lock();
    try {
      new RefcountCheck(file.asBlockIo(), headerFile, nodeName()).repairDirty();
    } finally {
      reload();
      headerLock.unlock();
    }
  }

  /**
   * Mends the image before its first write, as its user asks. Errors that are left do no harm to
   * what is written from then on when all was mended that can be: every cluster that anything
   * refers to is counted then.
   *
   * @throws BlockException IMAGE_CORRUPT when leaks are to be mended and there is more
   */
  void mend(Repair repair) {
    if (repair == Repair.LEAKS) {
      CheckResult found = check(Repair.NONE);
      if (found.corruptions() > 0) {
        throw new BlockException(
            ErrorCode.IMAGE_CORRUPT,
            "'"
                + nodeName()
                + "' has "
                + found.corruptions()
                + " errors, such as: "
                + found.findings().stream().findFirst().orElse("none")
                + "; leaks are mended where there are none, so repair all");
      }
    }
    check(repair);
  }

  /** Forgets what is in memory of tables that were changed on disk. */
  private void reload() {
    Header now = header();
    overlaps.forgetTables();
    directorySound = directorySound(now);
    overlaps.header(now, directorySound);
    allocator.locked(() -> refcounts.load(now));
    allocator.restart();
    mapping.replaceCache(settings.slices());
    mapping.load(now);
    dirtyMarked = now.dirty();
  }

  /** After bitmaps were replaced: lowers the counts of their old clusters on disk too. */
  void writeBackFreed() {
    try {
      allocator.releaseNow();
      rounds.flush();
    } catch (BlockException e) {
      // The bitmaps are stored; the counts stay dirty and go with the next flush, or leak.
      context.report(new NodeEvent.Warning(e.getMessage()));
    }
  }

  /** Whether a reader finds zeroes below, for the whole of a guest range of unallocated space. */
  boolean zeroBelow(long offset) {
    Child below = backing;
    return below == null || offset >= below.length();
  }

  /** Present length of the file in bytes. */
  long fileLength() {
    return file.length();
  }

  /** Whether the bitmap directory that the header names is sound, from the next change on. */
  void directorySound(boolean value) {
    directorySound = value;
  }

  /**
   * Refuses a header that {@link #change} could not write.
   *
   * @throws BlockException NO_SPACE or NOT_SUPPORTED
   */
  void requireRoom(Header next) {
    headerLock.lock();
    try {
      headerFile.requireRoom(next);
    } finally {
      headerLock.unlock();
    }
  }
}
