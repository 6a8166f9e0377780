package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockIo;
import io.ashlar.spi.NodeEvent;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** An open image as the code for bitmaps sees it. */
final class ImageSpace implements MetadataSpace {
  private final Qcow2Image image;
  private final HostIo io;

  ImageSpace(Qcow2Image image) {
    this.image = image;
    this.io = image.file.asBlockIo();
  }

  @Override
  public String nodeName() {
    return image.nodeName();
  }

  @Override
  public Header header() {
    return image.header();
  }

  @Override
  public long virtualSize() {
    return image.virtualSize();
  }

  @Override
  public long fileLength() {
    return image.fileLength();
  }

  @Override
  public boolean writable() {
    return image.writable();
  }

  @Override
  public BlockIo storage() {
    return image.file.asBlockIo();
  }

  @Override
  public void warn(String sentence) {
    image.context.report(new NodeEvent.Warning("node '" + nodeName() + "': " + sentence));
  }

  @Override
  public void requireRoom(Header next) {
    image.requireRoom(next);
  }

  @Override
  public long allocate(long clusters) {
    return image.allocator.allocateTogether(clusters) << image.geometry.clusterBits();
  }

  @Override
  public void free(long offset, long clusters) {
    image.allocator.releaseDurable(offset >>> image.geometry.clusterBits(), clusters);
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    image.file.read(offset, target);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    image.damage.requireNone();
    image.overlaps.check(offset, Math.max(1, source.remaining()), Overlaps.BITMAP_DIRECTORY);
    io.write(offset, source, 0);
  }

  @Override
  public void startOver() {
    io.startOver();
  }

  @Override
  public void flush() {
    io.flush();
  }

  @Override
  public void flushRefcounts() {
    image.rounds.flush();
    io.flushed();
  }

  @Override
  public void updateHeader(UnaryOperator<Header> change) {
    image.change(
        present -> {
          Header next = change.apply(present);
          if (!next.storedBitmaps().equals(present.storedBitmaps())) {
            image.directorySound(true); // it is one of ours from now on
          }
          return next;
        });
  }

  @Override
  public void writeHeader(UnaryOperator<Header> change) {
    image.fence.write(change);
  }

  @Override
  public void lastRecord(LongSupplier lsn) {
    image.fence.lastRecord(lsn);
  }

  @Override
  public void fenceAnswered() {
    image.fence.answered();
  }
}
