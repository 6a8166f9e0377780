package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Images with a fence, as the engine makes them: what tests of the fence begin with. */
final class FencedImage {
  static final int GRANULARITY = 65536;
  static final Fence FENCE =
      new Fence(new UUID(1, 2), new UUID(3, 4), 5, new UUID(6, Long.MIN_VALUE), 7);

  private FencedImage() {}

  /** A host whose file child is that image; a backing file that it names is not wanted. */
  static TestHost host(BlockNode file) {
    return TestHost.create().child("file", file).detached("backing");
  }

  /** The image as a node that only reads it sees it. */
  static BitmapStore look(MemoryNode file) {
    return (BitmapStore) host(file.copy()).readOnly(true).open(new Qcow2Driver());
  }

  /** All bitmaps of an image as they are, IN_USE as given. */
  static List<BitmapEntry> kept(BitmapStore store, boolean inUse) {
    List<BitmapEntry> entries = new ArrayList<>();
    for (StoredBitmap bitmap : store.directory()) {
      entries.add(new BitmapEntry.Kept(bitmap, inUse));
    }
    return entries;
  }

  /** Arms with a fence. */
  static void arm(BitmapStore store, Fence fence) {
    store.stage(kept(store, true), Optional.of(fence)).publish();
  }

  /** Stores one bitmap and takes the fence out. */
  static void seal(BitmapStore store, int... bits) {
    store
        .stage(List.of(new BitmapEntry.Written("one", GRANULARITY, true, false, BitArray.of(bits))))
        .publish();
  }

  /** A guest's write that fills a cluster. */
  static void write(BlockNode node, long offset, int value) {
    ByteBuffer data = ByteBuffer.allocate(4096);
    while (data.hasRemaining()) {
      data.put((byte) value);
    }
    node.write(offset, data.flip(), 0);
  }

  /** Whether any byte of ours is in an image. */
  static boolean traces(MemoryNode file) {
    byte[] all = file.get(0, (int) Math.min(file.length(), 8 << 20));
    String text = new String(all, java.nio.charset.StandardCharsets.ISO_8859_1);
    return text.substring(0, 4096).matches("(?s).*([Aa]shlar|Ashl).*")
        || HeaderCodec.read(file, "image").autoclear() >>> 2 != 0;
  }
}
