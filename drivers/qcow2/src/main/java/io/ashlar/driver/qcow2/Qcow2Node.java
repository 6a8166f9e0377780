package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NamesReferences;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.StoredBitmap;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** An open image as a node: checks requests, counts them in flight, and hands them on. */
final class Qcow2Node implements BlockNode, BitmapStore, Checkable, NamesReferences {
  private static final int WRITE_FLAGS = IoFlags.FUA | IoFlags.UNCHANGED;

  private final Qcow2Image image;
  private final InFlight inFlight;
  private final GuestReader reader;
  private final GuestWriter writer;
  private final ZeroWriter zeroes;
  private final CompressedWriter compressed;
  private final StatusReader statuses;
  private final Resizer resizer;
  private final BitmapStore bitmaps;
  private final NodeTraits traits;
  private volatile boolean closed;

  Qcow2Node(Qcow2Image image, BitmapSteps steps) {
    this.image = image;
    this.inFlight = image.inFlight;
    CompressedReader streams = new CompressedReader(image);
    this.reader = new GuestReader(image, streams);
    this.writer = new GuestWriter(image, reader);
    this.zeroes = new ZeroWriter(image, reader, writer);
    this.compressed = new CompressedWriter(image, writer, streams);
    this.statuses = new StatusReader(image, reader);
    this.resizer = new Resizer(image, reader, writer, zeroes);
    this.bitmaps = new Qcow2Bitmaps(new ImageSpace(image), steps);
    this.traits =
        new NodeTraits(
            1,
            1,
            Math.max(image.geometry.clusterSize(), 1 << 16),
            false,
            image.backing() == null,
            EnumSet.allOf(Operation.class));
  }

  @Override
  public NodeTraits traits() {
    return traits;
  }

  @Override
  public long length() {
    return image.virtualSize();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    if ((flags & ~IoFlags.PREFETCH) != 0) {
      IoFlags.requireKnown(flags, IoFlags.PREFETCH);
    }
    checkRange(offset, target.remaining());
    int ticket = inFlight.enter();
    try {
      reader.read(offset, target);
    } finally {
      inFlight.leave(ticket);
    }
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS | IoFlags.COMPRESSED);
    image.requireWritable();
    checkRange(offset, source.remaining());
    int position = source.position();
    try {
      writeInFlight(offset, source, flags);
    } catch (BlockException e) {
      image.makeSpace(e);
      writeInFlight(offset + source.position() - position, source, flags);
    }
    afterChange(flags);
  }

  private void writeInFlight(long offset, ByteBuffer source, int flags) {
    int ticket = inFlight.enter();
    try {
      if ((flags & IoFlags.COMPRESSED) != 0) {
        compressed.write(offset, source);
      } else {
        writer.write(offset, source);
      }
    } finally {
      inFlight.leave(ticket);
    }
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS | IoFlags.MAY_UNMAP | IoFlags.NO_FALLBACK);
    image.requireWritable();
    checkRange(offset, length);
    change(() -> zeroes.zero(offset, length, flags));
    afterChange(flags);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, IoFlags.NONE);
    image.requireWritable();
    checkRange(offset, length);
    change(() -> zeroes.discard(offset, length));
    afterChange(flags);
  }

  private void change(Runnable request) {
    try {
      inFlight(request);
    } catch (BlockException e) {
      image.makeSpace(e);
      inFlight(request);
    }
  }

  private void inFlight(Runnable request) {
    int ticket = inFlight.enter();
    try {
      request.run();
    } finally {
      inFlight.leave(ticket);
    }
  }

  /** Outside of the flight, so that a round may free what the request itself replaced. */
  private void afterChange(int flags) {
    if ((flags & IoFlags.FUA) != 0 || image.settings().writethrough()) {
      image.flushForGuest();
    } else if (image.mapping.crowded()) {
      image.rounds.flush();
    }
  }

  @Override
  public void flush() {
    requireOpen();
    if (image.writable()) {
      image.flushForGuest();
    }
  }

  @Override
  public void makeDurable() {
    requireOpen();
    if (image.writable()) {
      image.flushForCommand();
    }
  }

  @Override
  public BlockStatus status(long offset, long length) {
    checkRange(offset, length);
    if (length <= 0) {
      throw new BlockException(ErrorCode.INVALID_REQUEST, "a status is of at least 1 byte");
    }
    int ticket = inFlight.enter();
    try {
      return statuses.status(offset, length);
    } finally {
      inFlight.leave(ticket);
    }
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    requireOpen();
    image.requireWritable();
    try {
      resizer.resize(newLength, preallocation);
    } catch (BlockException e) {
      image.makeSpace(e);
      resizer.resize(newLength, preallocation);
    }
  }

  private void checkRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > image.virtualSize() - length) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "node '%s': %d bytes at %d are not within its %d bytes"
              .formatted(image.nodeName(), length, offset, image.virtualSize()));
    }
    requireOpen();
  }

  private void requireOpen() {
    if (closed) {
      throw new BlockException(ErrorCode.CLOSED, "node '" + image.nodeName() + "' is closed");
    }
  }

  @Override
  public List<ImageReference> references() {
    Header header = image.header();
    return header
        .backingName()
        .map(n -> List.of(new ImageReference("backing", n, header.backingFormat().orElse(null))))
        .orElse(List.of());
  }

  @Override
  public Map<String, Object> details() {
    Header header = image.header();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("compat", header.version() == 2 ? "0.10" : "1.1");
    facts.put("cluster-size", (long) header.clusterSize());
    facts.put("refcount-bits", (long) image.geometry.refcountBits());
    facts.put("lazy-refcounts", (header.compatible() & Header.LAZY_REFCOUNTS) != 0);
    facts.put("dirty-flag", header.dirty());
    facts.put("corrupt", header.corrupt() || image.damage.found());
    facts.put("extended-l2", false);
    facts.put("compression-type", header.compressionType() == Header.ZSTD ? "zstd" : "zlib");
    header.backingName().ifPresent(name -> facts.put("backing-filename", name));
    header.backingFormat().ifPresent(format -> facts.put("backing-filename-format", format));
    return facts;
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    requireOpen();
    return Qcow2Reopen.prepare(this, image, context);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (image.writable()) {
      try {
        image.clean();
      } finally {
        image.writable(false);
      }
    }
  }

  /** What this node has in its caches is written back first, even when nothing is to be mended. */
  @Override
  public CheckResult check(Repair repair) {
    requireOpen();
    if (repair != Repair.NONE && !image.writable()) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "node '" + image.nodeName() + "' is read-only; open it read-write to repair it");
    }
    if (image.writable()) {
      image.clean();
    }
    return image.check(repair);
  }

  @Override
  public List<StoredBitmap> directory() {
    return bitmaps.directory();
  }

  @Override
  public void load(StoredBitmap bitmap, BitmapSink sink) {
    bitmaps.load(bitmap, sink);
  }

  @Override
  public void arm() {
    bitmaps.arm();
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries) {
    return stage(entries, Optional.empty());
  }

  @Override
  public StagedDirectory stage(List<BitmapEntry> entries, Optional<Fence> fence) {
    StagedDirectory staged = bitmaps.stage(entries, fence);
    return new StagedDirectory() {
      @Override
      public void publish() {
        staged.publish();
        if (fence.isEmpty()) {
          image.writeBackFreed();
        } // else guests are about to write, and their next flush takes the counts along
      }

      @Override
      public void discard() {
        staged.discard();
        image.writeBackFreed();
      }
    };
  }

  @Override
  public FenceReport fence() {
    return bitmaps.fence();
  }

  @Override
  public Optional<String> fenceRefusal(int count) {
    NodeOptions options = image.context.nodeOptions();
    if (!image.settings().fence()) {
      return Optional.of(""); // as its user wants it
    }
    return options.cache().noFlush()
        ? Optional.of("with cache.no-flush nothing of it would be durable")
        : bitmaps.fenceRefusal(count);
  }

  @Override
  public void changeFence(Fence next) {
    bitmaps.changeFence(next);
  }

  @Override
  public void revokeFence() {
    bitmaps.revokeFence();
  }

  @Override
  public void lastRecord(LongSupplier lsn) {
    bitmaps.lastRecord(lsn);
  }

  @Override
  public void checkStorable(String name, long granularity, long length, int bitmapsAlready) {
    bitmaps.checkStorable(name, granularity, length, bitmapsAlready);
  }

  @Override
  public boolean trustsCopies() {
    return image.settings().trustsCopies();
  }

  /** Amending changes none of these in place. */
  @Override
  public String shape() {
    Header header = image.header();
    return "qcow2, clusters of 2^%d bytes, encryption %d, compression %d"
        .formatted(header.clusterBits(), header.cryptMethod(), header.compressionType());
  }

  @Override
  public Optional<String> journal() {
    return Optional.ofNullable(image.settings().journal());
  }
}
