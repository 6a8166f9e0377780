package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.Texts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A bitmap directory in new clusters, durable, and not yet the image's. */
final class BitmapStage implements BitmapStore.StagedDirectory {
  private enum State {
    STAGED,
    PUBLISHING,
    PUBLISHED,
    GONE
  }

  private static final int SECTOR = 512;

  private final Qcow2Bitmaps owner;
  private final MetadataSpace space;
  private final Geometry g;
  private final BitmapDirectory old;
  private final Optional<Fence> fence;
  private final Set<Integer> kept = new HashSet<>();
  private final List<long[]> runs = new ArrayList<>();
  private final List<Long> tables = new ArrayList<>();
  private boolean keepsDamaged;
  private long sentinel;
  private BitmapsExtension place;
  private State state = State.STAGED;

  private BitmapStage(
      Qcow2Bitmaps owner, MetadataSpace space, BitmapDirectory old, Optional<Fence> fence) {
    this.fence = fence;
    this.owner = owner;
    this.space = space;
    this.g = space.header().geometry();
    this.old = old;
  }

  /**
   * Writes bits, tables and directory, and makes them durable.
   *
   * @throws BlockException INVALID_OPTION, BITMAP_NOT_FOUND or BITMAP_EXISTS before anything is
   *     written; NO_SPACE and the like with everything free again
   */
  static BitmapStage write(
      Qcow2Bitmaps owner,
      MetadataSpace space,
      BitmapDirectory old,
      List<BitmapEntry> entries,
      Optional<Fence> fence) {
    BitmapStage stage = new BitmapStage(owner, space, old, fence);
    stage.check(entries);
    try {
      stage.writeAll(entries);
    } catch (RuntimeException e) {
      stage.freeRuns();
      throw e;
    }
    return stage;
  }

  private void check(List<BitmapEntry> entries) {
    Set<String> names = new HashSet<>();
    long size = 0;
    for (BitmapEntry entry : entries) {
      String name;
      if (entry instanceof BitmapEntry.Kept keep) {
        if (old.standsForAll(keep.stored())) {
          keepDamaged(entries);
          return;
        }
        DirectoryEntry found = old.find(keep.stored(), space.nodeName());
        if (!kept.add(found.stored().index())) {
          throw exists(found.stored().name());
        }
        size += found.bytes().length;
        if (!found.usable()) {
          // Nobody knows what its name means.
          continue;
        }
        name = found.stored().name();
      } else {
        BitmapEntry.Written written = (BitmapEntry.Written) entry;
        owner.requireStorable(written.name(), written.granularity(), space.virtualSize(), 0);
        name = written.name();
        size += DirectoryEntry.paddedLength(0, Qcow2Bitmaps.nameBytes(old, name).length);
      }
      if (!names.add(name)) {
        throw exists(name);
      }
    }
    if (entries.size() > BitmapsExtension.MAX_BITMAPS
        || size > BitmapsExtension.MAX_DIRECTORY_SIZE) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION,
          entries.size()
              + " bitmaps with a directory of "
              + size
              + " bytes; an image holds at most 65535 with "
              + BitmapsExtension.MAX_DIRECTORY_SIZE);
    }
  }

  /** A directory that nobody can read can only be kept as it is, or given up as a whole. */
  private void keepDamaged(List<BitmapEntry> entries) {
    if (entries.size() > 1) {
      throw owner.damaged(old);
    }
    keepsDamaged = true;
    place = old.place();
  }

  private BlockException exists(String name) {
    return new BlockException(
        ErrorCode.BITMAP_EXISTS,
        "bitmap '" + Texts.printable(name) + "' of '" + space.nodeName() + "' is named twice");
  }

  private void writeAll(List<BitmapEntry> entries) {
    if (entries.isEmpty() && fence.isEmpty() || keepsDamaged) {
      return;
    }
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (BitmapEntry entry : entries) {
      byte[] bytes;
      if (entry instanceof BitmapEntry.Kept keep) {
        DirectoryEntry found = old.find(keep.stored(), space.nodeName());
        bytes = found.usable() ? found.bytes(keep.inUse()) : found.bytes();
      } else {
        bytes = writeBitmap((BitmapEntry.Written) entry);
      }
      directory.write(bytes, 0, bytes.length);
    }
    if (fence.isPresent()) {
      byte[] entry = writeSentinel();
      directory.write(entry, 0, entry.length);
    }
    byte[] bytes = directory.toByteArray();
    long offset = allocate(g.clustersFor(bytes.length));
    space.write(offset, ByteBuffer.wrap(Arrays.copyOf(bytes, sectors(bytes.length))));
    owner.steps().beforePublish(space);
    int count = entries.size() + (fence.isPresent() ? 1 : 0);
    place = new BitmapsExtension(count, bytes.length, offset);
  }

  /** The fence's own bitmap: the one of a whole fence stays, any other is made anew. */
  private byte[] writeSentinel() {
    DirectoryEntry present = old.sentinel().orElse(null);
    if (present != null && owner.fence() instanceof FenceReport.Whole) {
      kept.add(present.stored().index());
      sentinel = present.tableOffset();
      return present.bytes();
    }
    byte[] entry =
        writeBitmap(
            new BitmapEntry.Written(
                BitmapDirectory.SENTINEL,
                1L << DirectoryEntry.SENTINEL_BITS,
                false,
                false,
                BitmapSource.EMPTY));
    sentinel = ByteBuffer.wrap(entry).getLong(0);
    return entry;
  }

  private byte[] writeBitmap(BitmapEntry.Written bitmap) {
    int granularityBits = Long.numberOfTrailingZeros(bitmap.granularity());
    long size = space.virtualSize();
    int entries = (int) DirectoryEntry.tableEntries(size, granularityBits, g);
    long bits = Geometry.ceilDiv(size, bitmap.granularity());
    long[] table = new long[entries];
    writeData(bitmap.bits(), bits, table);
    long clusters = g.clustersFor(8L * entries);
    long tableOffset = allocate(clusters);
    ByteBuffer bytes = ByteBuffer.allocate(sectors(8L * entries));
    bytes.asLongBuffer().put(table);
    space.write(tableOffset, bytes);
    tables.add(tableOffset);
    int flags =
        (bitmap.enabled() ? DirectoryEntry.AUTO : 0) | (bitmap.inUse() ? DirectoryEntry.IN_USE : 0);
    return DirectoryEntry.encode(
        tableOffset, entries, flags, granularityBits, Qcow2Bitmaps.nameBytes(old, bitmap.name()));
  }

  /** Writes a cluster for each part with a set bit, and nothing for the others. */
  private void writeData(BitmapSource source, long bits, long[] table) {
    int wordsPerCluster = g.clusterSize() / 8;
    long wordCount = Geometry.ceilDiv(bits, 64);
    long[] words = null;
    ByteBuffer bytes = null;
    long word = source.nextNonZeroWord(0);
    while (word >= 0 && word < wordCount) {
      int part = (int) (word / wordsPerCluster);
      if (words == null) {
        words = new long[wordsPerCluster];
        bytes = ByteBuffer.allocate(g.clusterSize()).order(ByteOrder.LITTLE_ENDIAN);
      }
      long first = (long) part * wordsPerCluster;
      int count = (int) Math.min(wordsPerCluster, wordCount - first);
      Arrays.fill(words, 0);
      source.copy(first, words, count);
      long behind = (first + count) * 64 - bits;
      if (behind > 0) {
        words[count - 1] &= -1L >>> behind;
      }
      bytes.clear();
      bytes.asLongBuffer().put(words);
      table[part] = allocate(1);
      space.write(table[part], bytes);
      word = source.nextNonZeroWord(first + wordsPerCluster);
    }
  }

  /**
   * Bytes that are written of a table or directory: whole sectors. The rest of its clusters belongs
   * to nothing, for readers go by the number of entries and the directory's size; a cluster that
   * was used before keeps what was in it there.
   */
  private static int sectors(long bytes) {
    return Math.toIntExact((bytes + SECTOR - 1) & -SECTOR);
  }

  private long allocate(long clusters) {
    long offset = space.allocate(clusters);
    runs.add(new long[] {offset, clusters});
    return offset;
  }

  @Override
  public void publish() {
    if (state == State.PUBLISHED) {
      return;
    }
    if (state == State.GONE) {
      throw new BlockException(
          ErrorCode.INTERNAL,
          "the staged bitmaps of '" + space.nodeName() + "' were given up; stage them again");
    }
    if (keepsDamaged) {
      owner.steps().disown(space);
      space.fenceAnswered();
      state = State.PUBLISHED;
      return;
    }
    owner.publishing(this);
    state = State.PUBLISHING;
    boolean done = false;
    try {
      owner.steps().publish(space, h -> h.withBitmaps(place), this::withFence, this::freeOld);
      done = true;
    } finally {
      if (!done) {
        owner.steps().publishFailed(this::freeRuns);
      }
    }
    state = State.PUBLISHED;
    owner.published();
    space.fenceAnswered();
    tables.forEach(owner::wrote);
  }

  private Header withFence(Header header) {
    return fence.isPresent()
        ? FenceHeader.put(header, fence.get(), sentinel)
        : FenceHeader.without(header);
  }

  /** Frees what the new directory does not keep. What cannot be freed leaks, and nothing else. */
  private void freeOld() {
    if (old.place() == null) {
      return;
    }
    BitmapReclaim reclaim = new BitmapReclaim(space);
    if (old.damage() != null) {
      space.warn("the clusters of a damaged bitmap directory leak: " + old.damage());
      return;
    }
    List<DirectoryEntry> unread = new ArrayList<>();
    for (DirectoryEntry entry : old.entries()) {
      if (kept.contains(entry.stored().index())) {
        continue;
      }
      if (owner.forgetRead(entry) && entry.usable() && !sharesTable(entry)) {
        reclaim.known(entry);
      } else {
        unread.add(entry);
      }
    }
    reclaim.run(old.place().directoryOffset(), g.clustersFor(old.place().directorySize()));
    if (!unread.isEmpty()) {
      reclaim.unread(unread);
    }
  }

  private boolean sharesTable(DirectoryEntry entry) {
    return old.entries().stream()
        .anyMatch(e -> e != entry && e.tableOffset() == entry.tableOffset());
  }

  @Override
  public void discard() {
    if (state == State.STAGED) {
      giveUp();
    }
  }

  /** The header is certain not to point here. */
  void giveUp() {
    state = State.GONE;
    freeRuns();
  }

  private void freeRuns() {
    BitmapReclaim reclaim = new BitmapReclaim(space);
    runs.forEach(run -> reclaim.run(run[0], run[1]));
    runs.clear();
  }
}
