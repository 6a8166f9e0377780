package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Storage whose writes are durable sector by sector, in any combination, until a flush makes them
 * all durable. Gives every disk that a crash may leave now, or many of them when there are too many
 * sectors; and calls back before each flush, for afterwards most of them are out of reach.
 */
final class SectorLog implements BlockNode {
  private static final int SECTOR = 512;

  /** Up to so many sectors every combination is tried. */
  private static final int EXHAUSTIVE = 9;

  private record Piece(long offset, ByteBuffer bytes) {}

  private final MemoryNode cache;
  private final MemoryNode disk;
  private final List<Piece> pending = new ArrayList<>();
  private final Random random;
  private Runnable beforeFlush = () -> {};

  SectorLog(MemoryNode content, Random random) {
    this.cache = content.copy();
    this.disk = content.copy();
    this.random = random;
  }

  void beforeFlush(Runnable action) {
    beforeFlush = action;
  }

  /** What is read now. */
  MemoryNode cache() {
    return cache;
  }

  /** Shows the disks that a crash may leave now; each only during the call. */
  void crashes(Consumer<MemoryNode> judge) {
    int n = pending.size();
    Set<BitSet> done = new HashSet<>();
    if (n <= EXHAUSTIVE) {
      for (long mask = 0; mask < 1L << n; mask++) {
        show(BitSet.valueOf(new long[] {mask}), done, judge);
      }
      return;
    }
    for (int i = 0; i <= n; i++) {
      BitSet prefix = new BitSet();
      prefix.set(0, i);
      show(prefix, done, judge);
      BitSet one = new BitSet();
      one.set(i, Math.min(n, i + 1));
      show(one, done, judge);
      one.flip(0, n);
      show(one, done, judge);
    }
    for (int i = 0; i < 64; i++) {
      BitSet any = new BitSet();
      for (int k = 0; k < n; k++) {
        any.set(k, random.nextBoolean());
      }
      show(any, done, judge);
    }
  }

  private void show(BitSet kept, Set<BitSet> done, Consumer<MemoryNode> judge) {
    if (done.add(kept)) {
      MemoryNode state = disk.copy();
      kept.stream().mapToObj(pending::get).forEach(p -> state.put(p.offset(), p.bytes().array()));
      judge.accept(state);
    }
  }

  private void add(long offset, byte[] bytes) {
    cache.put(offset, bytes);
    for (int at = 0; at < bytes.length; ) {
      int to = (int) Math.min(bytes.length, ((offset + at) / SECTOR + 1) * SECTOR - offset);
      pending.add(new Piece(offset + at, ByteBuffer.wrap(Arrays.copyOfRange(bytes, at, to))));
      at = to;
    }
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    add(offset, bytes);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    add(offset, new byte[(int) length]);
  }

  @Override
  public void flush() {
    beforeFlush.run();
    pending.forEach(p -> disk.put(p.offset(), p.bytes().array()));
    pending.clear();
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    if (newLength < cache.length()) {
      throw new UnsupportedOperationException("images here do not become shorter");
    }
    cache.truncate(newLength, preallocation);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    throw new UnsupportedOperationException("nothing is given back here");
  }

  @Override
  public NodeTraits traits() {
    return cache.traits();
  }

  @Override
  public long length() {
    return cache.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    cache.read(offset, target, flags);
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return cache.status(offset, length);
  }

  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    return ReopenStep.unchanged(this);
  }

  @Override
  public void close() {}
}
