package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The simplest honest {@link MetadataSpace}: refcount blocks in a map, written back on demand, a
 * first-fit allocator, no quarantine. Frees take effect on disk with the next flush of refcounts.
 */
final class PlainSpace implements MetadataSpace {
  private final BlockIo file;
  private final HeaderFile header;
  private final Geometry g;
  private final Map<Long, byte[]> blocks = new TreeMap<>();
  private final Map<Long, byte[]> dirty = new TreeMap<>();
  final List<String> warnings = new ArrayList<>();

  PlainSpace(BlockIo file) {
    this.file = file;
    this.header = new HeaderFile(file, HeaderCodec.readCluster(file, "plain"), "plain");
    HeaderCodec.read(file, "plain");
    this.g = header.header().geometry();
  }

  @Override
  public String nodeName() {
    return "plain";
  }

  @Override
  public Header header() {
    return header.header();
  }

  @Override
  public long virtualSize() {
    return header().size();
  }

  @Override
  public long fileLength() {
    return file.length();
  }

  @Override
  public boolean writable() {
    return true;
  }

  @Override
  public long allocate(long clusters) {
    long run = 0;
    for (long c = 0; ; c++) {
      run = refcount(c) == 0 ? run + 1 : 0;
      if (run == clusters) {
        long first = c - clusters + 1;
        try {
          for (long i = first; i <= c; i++) {
            set(i, 1);
          }
        } catch (NeedsBlock e) {
          return allocate(clusters);
        }
        return first << g.clusterBits();
      }
    }
  }

  @Override
  public void free(long offset, long clusters) {
    for (long i = 0; i < clusters; i++) {
      long c = (offset >>> g.clusterBits()) + i;
      set(c, refcount(c) - 1);
    }
  }

  @Override
  public BlockIo storage() {
    return file;
  }

  @Override
  public void warn(String sentence) {
    warnings.add(sentence);
  }

  @Override
  public void requireRoom(Header next) {
    header.requireRoom(next);
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    byte[] bytes = new byte[target.remaining()];
    HeaderCodec.readPadded(file, offset, bytes);
    target.put(bytes);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    if (offset < g.clusterSize()) {
      throw new BlockException(ErrorCode.INTERNAL, "a write into the header");
    }
    file.write(offset, source, 0);
  }

  @Override
  public void startOver() {}

  @Override
  public void flush() {
    file.flush();
  }

  @Override
  public void flushRefcounts() {
    dirty.forEach((offset, block) -> file.write(offset, ByteBuffer.wrap(block), 0));
    file.flush();
    dirty.clear();
  }

  @Override
  public void updateHeader(UnaryOperator<Header> change) {
    header.update(change.apply(header.header()));
  }

  @Override
  public void writeHeader(UnaryOperator<Header> change) {
    header.write(change.apply(header.header()), file);
  }

  @Override
  public void lastRecord(LongSupplier lsn) {}

  @Override
  public void fenceAnswered() {}

  long refcount(long cluster) {
    byte[] block = block(cluster);
    return block == null
        ? 0
        : RefcountCodec.get(block, g.refcountOrder(), (int) (cluster % g.refcountsPerBlock()));
  }

  private void set(long cluster, long value) {
    byte[] block = block(cluster);
    if (block == null) {
      newBlock(cluster / g.refcountsPerBlock());
      throw new NeedsBlock();
    }
    RefcountCodec.set(block, g.refcountOrder(), (int) (cluster % g.refcountsPerBlock()), value);
    dirty.put(blockOffset(cluster / g.refcountsPerBlock()), block);
  }

  private void newBlock(long index) {
    // The first cluster that the block itself describes.
    long cluster = index * g.refcountsPerBlock();
    byte[] block = new byte[g.clusterSize()];
    RefcountCodec.set(block, g.refcountOrder(), 0, 1);
    long offset = cluster << g.clusterBits();
    file.write(offset, ByteBuffer.wrap(block), 0);
    ByteBuffer entry = ByteBuffer.allocate(8).putLong(0, offset);
    file.write(header().refcountTableOffset() + 8 * index, entry, 0);
    blocks.put(offset, block);
  }

  private long blockOffset(long index) {
    if (index * 8 >= (long) header().refcountTableClusters() << g.clusterBits()) {
      throw new BlockException(ErrorCode.NO_SPACE, "the refcount table is full");
    }
    ByteBuffer entry = ByteBuffer.allocate(8);
    read(header().refcountTableOffset() + 8 * index, entry);
    return entry.getLong(0);
  }

  private byte[] block(long cluster) {
    long offset = blockOffset(cluster / g.refcountsPerBlock());
    if (offset == 0) {
      return null;
    }
    return blocks.computeIfAbsent(
        offset,
        o -> {
          byte[] block = new byte[g.clusterSize()];
          HeaderCodec.readPadded(file, o, block);
          return block;
        });
  }

  private static final class NeedsBlock extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
