package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The persistent bitmaps of an image (sections 13 and 16). Every change goes to new clusters, is
 * durable with its refcounts before the header points to it, and one sector of the header decides;
 * only arming works in place, on flag words. What a crash interrupts is the old directory or the
 * new one, and clusters that nothing refers to.
 *
 * <p>Calls come from one thread at a time.
 */
final class Qcow2Bitmaps implements BitmapStore {
  private final MetadataSpace space;
  private final BitmapSteps steps;
  private final Set<Long> readTables = new HashSet<>();
  private BitmapStage undecided;

  /**
   * Flags that read as set may not be on the disk: true until they were written and flushed here,
   * for nobody knows how the flush of another one, or of an earlier life, ended.
   */
  private boolean armUncertain = true;

  Qcow2Bitmaps(MetadataSpace space) {
    this(space, BitmapSteps.RIGHT);
  }

  /** With other steps, for tests. */
  Qcow2Bitmaps(MetadataSpace space, BitmapSteps steps) {
    this.space = space;
    this.steps = steps;
  }

  @Override
  public List<StoredBitmap> directory() {
    return read().stored();
  }

  @Override
  public void load(StoredBitmap bitmap, BitmapSink sink) {
    BitmapDirectory directory = read();
    if (directory.standsForAll(bitmap)) {
      throw notLoadable(bitmap, directory.damage());
    }
    DirectoryEntry entry = directory.find(bitmap, space.nodeName());
    if (!entry.usable() || (entry.flags() & DirectoryEntry.IN_USE) != 0) {
      throw notLoadable(
          bitmap, entry.stored().unusableReason().orElse("it was in use when the image was left"));
    }
    new BitmapTable(space, entry).load(sink);
    readTables.add(entry.tableOffset());
  }

  private BlockException notLoadable(StoredBitmap bitmap, String why) {
    return new BlockException(
        ErrorCode.BITMAP_INCONSISTENT,
        "bitmap '"
            + Texts.printable(bitmap.name())
            + "' of '"
            + space.nodeName()
            + "' cannot be loaded: "
            + why
            + "; remove it and take a full backup");
  }

  @Override
  public void arm() {
    requireWritable();
    settle();
    steps.disown(space);
    raiseFlags();
    space.fenceAnswered();
  }

  private void raiseFlags() {
    BitmapDirectory directory = read();
    if (directory.place() == null || directory.damage() != null) {
      return; // a damaged directory is no one's truth
    }
    BitmapDirectory armed = directory.armed();
    byte[] bytes = new byte[(int) directory.place().directorySize()];
    int sectors = (bytes.length + HeaderFile.SECTOR - 1) / HeaderFile.SECTOR;
    boolean[] changed = new boolean[sectors];
    boolean any = false;
    for (int i = 0; i < armed.entries().size(); i++) {
      DirectoryEntry entry = armed.entries().get(i);
      byte[] raw = entry.bytes();
      System.arraycopy(raw, 0, bytes, entry.position(), raw.length);
      boolean again = armUncertain && entry.usable() && !entry.isSentinel();
      if (entry.flags() != directory.entries().get(i).flags() || again) {
        // Entries begin at multiples of 8, so a flags word never crosses a sector.
        changed[(entry.position() + 12) / HeaderFile.SECTOR] = true;
        any = true;
      }
    }
    if (!any) {
      return;
    }
    // After a failure the flags may read as set without being durable: the next attempt writes
    // all of them again.
    armUncertain = steps.armAgainAfterFailure();
    space.startOver();
    long offset = directory.place().directoryOffset();
    steps.arm(space, () -> writeSectors(offset, bytes, changed));
    armUncertain = false;
  }

  private void writeSectors(long offset, byte[] bytes, boolean[] changed) {
    for (int s = 0; s < changed.length; s++) {
      int first = s;
      while (s < changed.length && changed[s]) {
        s++;
      }
      if (s > first) {
        int from = first * HeaderFile.SECTOR;
        int to = Math.min(s * HeaderFile.SECTOR, bytes.length);
        space.write(offset + from, ByteBuffer.wrap(bytes, from, to - from));
      }
    }
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries) {
    return stage(entries, Optional.empty());
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries, Optional<Fence> fence) {
    requireWritable();
    settle();
    if (fence.isPresent()) {
      requireFence(entries.size());
    }
    space.startOver();
    return BitmapStage.write(this, space, read(), entries, fence);
  }

  private void requireFence(int bitmaps) {
    Optional<String> refusal = fenceRefusal(bitmaps);
    if (refusal.isPresent()) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "'" + space.nodeName() + "' cannot carry a fence: " + refusal.get());
    }
  }

  @Override
  public FenceReport fence() {
    Header header = space.header();
    return header.version() < 3 ? FenceReport.NONE : FenceVerdict.of(header, read(), steps);
  }

  @Override
  public Optional<String> fenceRefusal(int bitmaps) {
    if (bitmaps > BitmapsExtension.MAX_USER_BITMAPS) {
      return Optional.of("with " + bitmaps + " bitmaps there is no place for the fence's own");
    }
    BitmapDirectory directory = read();
    if (directory.damage() != null) {
      return Optional.of(directory.damage());
    }
    if (directory.stored().stream().anyMatch(b -> b.name().equals(BitmapDirectory.SENTINEL))) {
      return Optional.of("a bitmap has the name '" + BitmapDirectory.SENTINEL + "'");
    }
    return FenceRoom.refusal(space);
  }

  @Override
  public void changeFence(Fence next) {
    requireWritable();
    space.updateHeader(
        h -> {
          if (FenceHeader.read(h).isEmpty()) {
            throw new BlockException(
                ErrorCode.NOT_SUPPORTED,
                "the image of '" + space.nodeName() + "' has no fence to be changed");
          }
          return FenceHeader.change(h, present -> steps.changed(present, next));
        });
  }

  /** Touches nothing that other calls use: it may come from any thread. */
  @Override
  public void revokeFence() {
    if (space.writable()) {
      steps.revoke(space);
      space.fenceAnswered();
    }
  }

  @Override
  public void lastRecord(LongSupplier lsn) {
    space.lastRecord(lsn);
  }

  @Override
  public void checkStorable(String name, long granularity, long length, int bitmapsAlready) {
    BitmapDirectory directory = read();
    if (directory.damage() != null) {
      throw damaged(directory);
    }
    requireStorable(name, granularity, length, bitmapsAlready);
  }

  /** The refusal of a new entry in a damaged directory. */
  BlockException damaged(BitmapDirectory directory) {
    return new BlockException(
        ErrorCode.IMAGE_CORRUPT,
        directory.damage()
            + "; remove '"
            + BitmapDirectory.DAMAGED
            + "' of '"
            + space.nodeName()
            + "' before a bitmap is added");
  }

  /** The same, for an image whose directory is known to be sound. */
  void requireStorable(String name, long granularity, long length, int bitmapsAlready) {
    Header header = space.header();
    if (header.version() < 3) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "Cannot store dirty bitmaps in qcow2 v2 files; '"
              + space.nodeName()
              + "' needs version v3 (qemu-img amend -o compat=1.1)");
    }
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > DirectoryEntry.MAX_NAME || name.indexOf('\0') >= 0) {
      throw invalid(
          "the name of a persistent bitmap has 1 to 1023 bytes and no NUL, not " + bytes.length);
    }
    if (Long.bitCount(granularity) != 1 || granularity < 1 << 9 || granularity > 1L << 31) {
      throw invalid(
          "the granularity of a persistent bitmap is a power of two from 512 to 2147483648, not "
              + granularity);
    }
    if (length == 0) {
      // QEMU takes a bitmap's table of no entries for damage, and does not open the image.
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "Cannot store dirty bitmap '%s' in an image of 0 bytes; '%s' has to be larger, or to have no persistent bitmap"
              .formatted(name, space.nodeName()));
    }
    Geometry g = header.geometry();
    int bits = Long.numberOfTrailingZeros(granularity);
    long data = DirectoryEntry.tableEntries(length, bits, g) << g.clusterBits();
    if (data > DirectoryEntry.MAX_DATA) {
      throw invalid(
          "Too much space will be occupied by the bitmap: "
              + data
              + " bytes of at most 512 MiB; use a larger granularity");
    }
    if (name.equals(BitmapDirectory.SENTINEL)) {
      throw invalid("the name '" + name + "' is kept for the fence; choose another one");
    }
    if (bitmapsAlready >= BitmapsExtension.MAX_USER_BITMAPS) {
      throw invalid(
          "Maximum number of persistent bitmaps is already reached: 65534, for the last of the"
              + " format's 65535 places is kept for the fence");
    }
    space.requireRoom(header.withBitmaps(new BitmapsExtension(1, 24, g.clusterSize())));
  }

  /** The bytes under which a name stands in the directory, or would stand there. */
  static byte[] nameBytes(BitmapDirectory directory, String name) {
    return directory.entries().stream()
        .filter(e -> e.stored().name().equals(name))
        .findFirst()
        .map(DirectoryEntry::nameBytes)
        .orElseGet(() -> name.getBytes(StandardCharsets.UTF_8));
  }

  /** A publish has begun; until it ends, nobody knows which directory is the image's. */
  void publishing(BitmapStage stage) {
    if (undecided != null && undecided != stage) {
      settle();
    }
    undecided = stage;
  }

  /** A publish has ended well. */
  void published() {
    undecided = null;
  }

  /** The order of steps. */
  BitmapSteps steps() {
    return steps;
  }

  /** This node wrote the table at an offset, or has read all of it. */
  void wrote(long tableOffset) {
    readTables.add(tableOffset);
  }

  /** Whether this node wrote or read the table of an entry, and will not again. */
  boolean forgetRead(DirectoryEntry entry) {
    return readTables.remove(entry.tableOffset()) || !steps.verifyUnread();
  }

  /** Makes the old header certain again after a publish of unknown outcome. */
  private void settle() {
    if (undecided == null) {
      return;
    }
    BitmapStage loser = undecided;
    steps.settle(
        () -> space.updateHeader(present -> present),
        () -> {
          undecided = null;
          loser.giveUp();
        });
  }

  private BitmapDirectory read() {
    return BitmapDirectory.readOrDamaged(
        space.header(), space.fileLength(), space::read, space.nodeName());
  }

  private void requireWritable() {
    if (!space.writable()) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "the bitmaps of '" + space.nodeName() + "' cannot change: its file is read-only");
    }
  }

  private static BlockException invalid(String message) {
    return new BlockException(ErrorCode.INVALID_OPTION, message);
  }
}
