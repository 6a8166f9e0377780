package io.ashlar.driver.nullco;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Options;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.Waits;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes writes and forgets them. */
final class NullNode implements BlockNode {
  private static final int WRITE_FLAGS = IoFlags.FUA | IoFlags.UNCHANGED;
  private static final int ZERO_FLAGS = WRITE_FLAGS | IoFlags.MAY_UNMAP | IoFlags.NO_FALLBACK;
  private static final byte[] ZEROES = new byte[65_536];
  private static final NodeTraits TRAITS =
      new NodeTraits(
          1,
          1,
          65_536,
          false,
          false,
          EnumSet.complementOf(EnumSet.of(Operation.TRUNCATE, Operation.WRITE_COMPRESSED)));

  private final String nodeName;
  private final Options options;
  private final Waits waits;
  private final long size;
  private final long latency;
  private final boolean readZeroes;
  private volatile boolean readOnly;

  NullNode(String nodeName, Options options, boolean readOnly, Waits waits) {
    this.nodeName = nodeName;
    this.options = options;
    this.waits = waits;
    this.size = options.number(NullDriver.SIZE);
    this.latency = options.number(NullDriver.LATENCY);
    this.readZeroes = options.bool(NullDriver.READ_ZEROES);
    this.readOnly = readOnly;
  }

  @Override
  public NodeTraits traits() {
    return TRAITS;
  }

  @Override
  public long length() {
    return size;
  }

  /** Fills with zeroes, or leaves what is in the buffer. */
  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, IoFlags.PREFETCH);
    check(offset, target.remaining());
    if (readZeroes) {
      for (int at = target.position(); at < target.limit(); at += ZEROES.length) {
        target.put(at, ZEROES, 0, Math.min(ZEROES.length, target.limit() - at));
      }
    }
    target.position(target.limit());
    takeTime();
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS);
    checkChange(offset, source.remaining());
    source.position(source.limit());
    takeTime();
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, ZERO_FLAGS);
    checkChange(offset, length);
    takeTime();
  }

  /** Does nothing, and takes no time, as in QEMU. */
  @Override
  public void discard(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, IoFlags.NONE);
    checkChange(offset, length);
  }

  @Override
  public void flush() {
    takeTime();
  }

  /** Zeroes where reads give zeroes, otherwise nothing that anybody decided. */
  @Override
  public BlockStatus status(long offset, long length) {
    check(offset, length);
    return readZeroes ? BlockStatus.zero(length) : BlockStatus.unallocated(length);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    boolean next = context.nodeOptions().readOnly();
    NullNode staged = new NullNode(nodeName, options, next, waits);
    AtomicBoolean decided = new AtomicBoolean();
    return new ReopenStep() {
      @Override
      public BlockNode staged() {
        return staged;
      }

      @Override
      public void commit() {
        if (decided.compareAndSet(false, true)) {
          readOnly = next;
        }
      }

      @Override
      public void abort() {
        decided.set(true);
      }
    };
  }

  @Override
  public void close() {}

  private void takeTime() {
    if (latency > 0) {
      waits.sleep(latency);
    }
  }

  private void checkChange(long offset, long length) {
    check(offset, length);
    if (readOnly) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "null-co node '%s' is read-only; reopen it with read-only = false to write"
              .formatted(nodeName));
    }
  }

  private void check(long offset, long length) {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "%d bytes at %d lie outside null-co node '%s'".formatted(length, offset, nodeName));
    }
  }
}
