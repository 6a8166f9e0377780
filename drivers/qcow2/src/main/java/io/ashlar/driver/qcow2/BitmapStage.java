package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSource;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A bitmap directory in new clusters, durable, and not yet the image's. */
final class BitmapStage implements BitmapStore.StagedDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(BitmapStage.class);

  private enum State {
    STAGED,
    PUBLISHING,
    PUBLISHED,
    GONE
  }

  private final Qcow2Bitmaps owner;
  private final MetadataSpace space;
  private final Geometry g;
  private final BitmapDirectory old;
  private final Set<Integer> kept = new HashSet<>();
  private final List<long[]> runs = new ArrayList<>();
  private BitmapsExtension place;
  private State state = State.STAGED;

  private BitmapStage(Qcow2Bitmaps owner, MetadataSpace space, BitmapDirectory old) {
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
      Qcow2Bitmaps owner, MetadataSpace space, BitmapDirectory old, List<BitmapEntry> entries) {
    BitmapStage stage = new BitmapStage(owner, space, old);
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
        owner.checkStorable(written.name(), written.granularity(), space.virtualSize(), 0);
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

  private BlockException exists(String name) {
    return new BlockException(
        ErrorCode.BITMAP_EXISTS,
        "bitmap '" + Texts.printable(name) + "' of '" + space.nodeName() + "' is named twice");
  }

  private void writeAll(List<BitmapEntry> entries) {
    if (entries.isEmpty()) {
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
    byte[] bytes = directory.toByteArray();
    long offset = allocate(g.clustersFor(bytes.length));
    byte[] padded = Arrays.copyOf(bytes, (int) (g.clustersFor(bytes.length) << g.clusterBits()));
    space.write(offset, ByteBuffer.wrap(padded));
    space.flushRefcounts();
    place = new BitmapsExtension(entries.size(), bytes.length, offset);
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
    ByteBuffer bytes = ByteBuffer.allocate((int) (clusters << g.clusterBits()));
    bytes.asLongBuffer().put(table);
    space.write(tableOffset, bytes);
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
    owner.publishing(this);
    state = State.PUBLISHING;
    space.updateHeader(space.header().withBitmaps(place));
    state = State.PUBLISHED;
    owner.published();
    freeOld();
  }

  /** Frees what the new directory does not keep. What cannot be freed leaks, and nothing else. */
  private void freeOld() {
    for (DirectoryEntry entry : old.entries()) {
      if (!kept.contains(entry.stored().index()) && entry.usable()) {
        try {
          freeBitmap(entry);
        } catch (BlockException e) {
          LOG.warn("clusters of a removed bitmap of '{}' leak: {}", space.nodeName(), e.toString());
        }
      }
    }
    if (old.place() != null) {
      try {
        space.free(old.place().directoryOffset(), g.clustersFor(old.place().directorySize()));
      } catch (BlockException e) {
        LOG.warn("the old bitmap directory of '{}' leaks: {}", space.nodeName(), e.toString());
      }
    }
  }

  private void freeBitmap(DirectoryEntry entry) {
    BitmapTable table = new BitmapTable(space, entry);
    table.walk(
        (index, value) -> {
          // A damaged entry may point anywhere: better a leak than somebody's data freed.
          if (!table.damaged(value) && L2Entry.offset(value) != 0) {
            space.free(L2Entry.offset(value), 1);
          }
        });
    space.free(entry.tableOffset(), table.tableClusters());
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
    for (long[] run : runs) {
      try {
        space.free(run[0], run[1]);
      } catch (BlockException e) {
        LOG.warn("clusters of staged bitmaps of '{}' leak: {}", space.nodeName(), e.toString());
      }
    }
    runs.clear();
  }
}
