package io.ashlar.engine.job;

import io.ashlar.engine.admission.TicketSet;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The copying of a commit: a first pass lists what the layers above the base decide, a second one
 * writes it to the base through the way that every write takes, so that the base's bitmaps record
 * it. Nobody writes to the chain meanwhile, so the list stays right. Each step runs under tickets
 * of both devices.
 */
final class CommitWork implements CopyCrew.Pieces {
  private static final int SMALLEST = 1 << 16;
  private static final int LARGEST = 1 << 21;

  private final JobCore core;
  private final DeviceCore top;
  private final DeviceCore base;
  private final TicketSet tickets;
  private final ChainStatus status;
  private final long length;
  private final int piece;
  private final BitTree wanted;
  private final AtomicLong cursor = new AtomicLong();
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong copied = new AtomicLong();

  /**
   * The work of a job.
   *
   * @param top reads the chain
   * @param base writes to its lowest node
   * @param layers the nodes with data above the base, from the top
   */
  CommitWork(JobCore core, DeviceCore top, DeviceCore base, List<NodeCore> layers) {
    this.core = core;
    this.top = top;
    this.base = base;
    this.tickets = new TicketSet(List.of(top.gate(), base.gate()));
    this.status = new ChainStatus(layers);
    this.length = layers.get(0).length();
    int good = Integer.highestOneBit(layers.get(0).traits().optimalTransfer());
    this.piece = Math.max(SMALLEST, Math.min(LARGEST, good));
    this.wanted = new BitTree(length, piece);
  }

  /** Bytes written to the base, of those that are known to be wanted. */
  Job.Progress progress() {
    return new Job.Progress(copied.get(), total.get());
  }

  /** Lists what is to be copied, until the job is to end. */
  void list() {
    for (long at = 0; at < length && core.enter(0); ) {
      long[] held = enter();
      try {
        ChainStatus.Piece here = status.at(at, length - at);
        if (here.above()) {
          wanted.set(at, here.length());
          total.addAndGet(here.length());
        }
        at += here.length();
      } finally {
        tickets.leave(held);
        core.leave();
      }
    }
  }

  @Override
  public long claim() {
    while (true) {
      long from = cursor.get();
      long next = from >= length ? -1 : wanted.nextDirty(from);
      if (next < 0 || cursor.compareAndSet(from, next + piece)) {
        return next;
      }
    }
  }

  @Override
  public long size(long at) {
    return Math.min(piece, length - at);
  }

  @Override
  public void copy(long begin) {
    long end = begin + size(begin);
    long[] held = enter();
    try {
      for (long at = begin; at < end; ) {
        ChainStatus.Piece here = status.at(at, end - at);
        if (here.above()) {
          write(at, here);
          copied.addAndGet(here.length());
        }
        at += here.length();
      }
    } finally {
      tickets.leave(held);
    }
  }

  private void write(long at, ChainStatus.Piece here) {
    if (here.zero()) {
      base.root().writeZeroes(at, here.length(), IoFlags.MAY_UNMAP);
      return;
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) here.length());
    top.root().read(at, buffer, IoFlags.NONE);
    base.root().write(at, buffer.flip(), IoFlags.NONE);
  }

  /** Makes the base's data durable. */
  void flush() {
    long[] held = enter();
    try {
      base.root().flush();
    } finally {
      tickets.leave(held);
    }
  }

  private long[] enter() {
    long[] held = new long[tickets.size()];
    tickets.enter(held);
    return held;
  }
}
