package io.ashlar.engine.sim;

import io.ashlar.engine.sim.SimImage.Entry;
import io.ashlar.engine.sim.SimImage.Header;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.StoredBitmap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A format node with bitmaps, over its child {@code file}. All of its metadata goes through that
 * child, the staged one while a reopen prepares.
 */
final class SimImageNode extends SimNode implements BitmapStore {
  private static final List<String> ROLES = List.of("file", "backing");

  /** What the driver knows of the image, shared with staged access. */
  private static final class Known {
    Header header;

    /** A publish with unknown outcome wrote this header. */
    Header unknown;

    /**
     * A write or flush of the directory failed, here or of whoever had the image before: what is
     * read may not be there.
     */
    boolean doubtful = true;

    boolean inside;
    final Set<Integer> stagedSlots = new HashSet<>();
  }

  private final Known known;

  SimImageNode(World world, OpenContext context) {
    super(world, context, ROLES);
    known = new Known();
    known.header = Header.of(sector(0));
  }

  private SimImageNode(SimImageNode of, ReopenContext context) {
    super(of, context, ROLES);
    known = of.known;
  }

  @Override
  List<String> roles() {
    return ROLES;
  }

  @Override
  SimNode staged(ReopenContext context) {
    return new SimImageNode(this, context);
  }

  @Override
  public long length() {
    return known.header.length();
  }

  @Override
  void doRead(long offset, ByteBuffer target, int flags) {
    int begin = target.position();
    int length = target.remaining();
    file().read(SimImage.DATA + offset, target, flags);
    Child backing = children.get("backing");
    for (int at = 0; backing != null && at < length; at += SimImage.GRANULE) {
      boolean below = offset + at + SimImage.GRANULE <= backing.length();
      if (below && target.getLong(begin + at) == 0) {
        backing.read(offset + at, target.slice(begin + at, SimImage.GRANULE), flags);
      }
    }
  }

  /** A granule that was never written is whatever is below. */
  @Override
  public BlockStatus status(long offset, long length) {
    int granule = (int) (offset / SimImage.GRANULE);
    long rest = Math.min(length, (granule + 1L) * SimImage.GRANULE - offset);
    long id = ByteBuffer.wrap(sector(SimImage.dataSector(granule))).getLong();
    return id != 0 ? BlockStatus.data(rest, offset) : BlockStatus.unallocated(rest);
  }

  @Override
  void doWrite(long offset, ByteBuffer source, int flags) {
    requireWritable("write");
    world.guestData(this, offset, source);
    file().write(SimImage.DATA + offset, source, flags);
  }

  @Override
  void doZero(long offset, long length, int flags) {
    requireWritable("zeroes");
    ByteBuffer sectors = world.zeroes(offset, length);
    world.guestData(this, offset, sectors);
    file().write(SimImage.DATA + offset, sectors, flags);
  }

  @Override
  void doTruncate(long length) {
    requireWritable("truncate");
    if (length > (long) SimImage.GRANULES * SimImage.GRANULE) {
      throw new BlockException(ErrorCode.LIMIT_EXCEEDED, "too long for '" + name + "'");
    }
    Header next = new Header(known.header.slot(), known.header.count(), length);
    put(0, next.bytes());
    file().flush();
    known.header = next;
  }

  private byte[] sector(int sector) {
    ByteBuffer bytes = ByteBuffer.allocate(SimDisk.SECTOR);
    file().read((long) sector * SimDisk.SECTOR, bytes, 0);
    return bytes.array();
  }

  private void put(int sector, byte[] bytes) {
    file().write((long) sector * SimDisk.SECTOR, ByteBuffer.wrap(bytes), 0);
  }

  private List<Entry> entries() {
    List<Entry> all = new ArrayList<>();
    for (int i = 0; i < known.header.count(); i++) {
      all.add(Entry.of(sector(SimImage.sector(known.header.slot(), i))));
    }
    return all;
  }

  @Override
  public List<StoredBitmap> directory() {
    return call(
        "directory",
        false,
        () -> {
          List<StoredBitmap> all = new ArrayList<>();
          entries().forEach(entry -> all.add(entry.stored(all.size())));
          return all;
        });
  }

  @Override
  public void load(StoredBitmap bitmap, BitmapSink sink) {
    call(
        "load",
        false,
        () -> {
          long bits = entries().get(bitmap.index()).bits();
          sink.words(0, new long[] {bits}, 1);
          return null;
        });
  }

  @Override
  public void checkStorable(String bitmap, long granularity, long length, int already) {
    call(
        "checkStorable",
        false,
        () -> {
          if (granularity != SimImage.GRANULE) {
            throw new BlockException(ErrorCode.INVALID_OPTION, "granularity " + granularity);
          }
          if (already >= SimImage.ENTRIES) {
            throw new BlockException(ErrorCode.LIMIT_EXCEEDED, "too many bitmaps");
          }
          return null;
        });
  }

  @Override
  public void arm() {
    call(
        "arm",
        true,
        () -> {
          settle();
          List<Entry> all = entries();
          boolean wrote = false;
          for (int i = 0; i < all.size(); i++) {
            boolean doubtful = known.doubtful && !world.broken(Mutant.DOUBT_FORGOTTEN);
            if (doubtful || !all.get(i).inUse()) {
              wrote = true;
              put(SimImage.sector(known.header.slot(), i), all.get(i).flagged(true).bytes());
            }
          }
          if (wrote && !world.broken(Mutant.ARM_NOT_FLUSHED)) {
            file().flush();
          }
          return null;
        });
  }

  /** Makes the old directory the image's for certain. */
  private void settle() {
    if (known.unknown != null && !world.broken(Mutant.UNKNOWN_NOT_SETTLED)) {
      put(0, known.header.bytes());
      file().flush();
      known.stagedSlots.remove(known.unknown.slot());
      known.unknown = null;
    }
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> wanted) {
    return call(
        "stage",
        true,
        () -> {
          settle();
          List<Entry> present = entries();
          int slot = freeSlot();
          int count = 0;
          for (BitmapEntry entry : wanted) {
            put(SimImage.sector(slot, count++), SimImage.made(entry, present).bytes());
          }
          if (!world.broken(Mutant.SEAL_BEFORE_FLUSH)) {
            file().flush();
          }
          known.stagedSlots.add(slot);
          return new Staged(new Header(slot, count, known.header.length()));
        });
  }

  private int freeSlot() {
    for (int slot = 0; slot < SimImage.SLOTS; slot++) {
      if (slot != known.header.slot() && !known.stagedSlots.contains(slot)) {
        return slot;
      }
    }
    throw new BlockException(ErrorCode.NO_SPACE, "no slot is free in '" + name + "'");
  }

  /** One call at a time, and changes only while writable. */
  private <T> T call(String what, boolean changes, java.util.function.Supplier<T> body) {
    if (known.inside) {
      world.violated("two calls into the bitmaps of '" + name + "' at once: " + what);
    }
    known.inside = true;
    boolean done = false;
    try {
      if (changes) {
        requireWritable(what);
      }
      boolean fails = enter(what);
      T result = body.get();
      if (fails) {
        throw Faults.failure(name, what);
      }
      done = true;
      if (what.equals("arm") || what.equals("publish")) {
        known.doubtful = false;
      }
      return result;
    } finally {
      known.inside = false;
      if (changes && !done) {
        known.doubtful = true;
      }
    }
  }

  private final class Staged implements StagedDirectory {
    private final Header next;

    Staged(Header next) {
      this.next = next;
    }

    @Override
    public void publish() {
      known.unknown = next;
      call(
          "publish",
          true,
          () -> {
            put(0, next.bytes());
            file().flush();
            return null;
          });
      known.unknown = null;
      known.stagedSlots.remove(next.slot());
      known.header = next;
    }

    @Override
    public void discard() {
      known.stagedSlots.remove(next.slot());
    }
  }
}
