package io.ashlar.tests.fence;

import io.ashlar.driver.qcow2.Qcow2Driver;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.tests.qemu.QemuTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Images as a crash of Ashlar leaves them, and with less than that, to see what each part does. */
final class FencedImages {
  /** What an image carries. */
  enum Variant {
    /** Bit, extension and name; the bitmap is valid. */
    CLEAN,
    /** Bit, extension and name; the bitmap is IN_USE. */
    CRASH,
    /** The whole fence, with its own bitmap; the user's is IN_USE. What Ashlar leaves. */
    SENT
  }

  static final long SIZE = 4 << 20;
  static final Fence FENCE =
      new Fence(new UUID(1, 2), new UUID(3, 4), 5, new UUID(6, Long.MIN_VALUE), 7);

  private static final int BITMAPS = 0x23852875;
  private static final int SENTINEL_BYTES = 24 + 16;

  private FencedImages() {}

  /** The bytes of an image whose first 128 KiB are allocated, with the bitmap b0. */
  static byte[] make(Path directory, Variant variant) {
    Path file = directory.resolve(variant + ".made");
    QemuTools.run("qemu-img", "create", "-q", "-f", "qcow2", file, SIZE);
    QemuTools.run("qemu-img", "bitmap", "--add", file, "b0");
    QemuTools.io(file, "write -P 1 0 128k");
    MemoryNode memory = memory(bytes(file));
    BlockNode node = TestHost.create().child("file", memory).open(new Qcow2Driver());
    BitmapStore store = (BitmapStore) node;
    List<BitmapEntry> entries = new ArrayList<>();
    for (StoredBitmap bitmap : store.directory()) {
      entries.add(new BitmapEntry.Kept(bitmap, variant != Variant.CLEAN));
    }
    store.stage(entries, Optional.of(FENCE)).publish();
    if (variant != Variant.CLEAN) {
      byte[] data = new byte[65536];
      Arrays.fill(data, (byte) 2);
      node.write(65536, ByteBuffer.wrap(data), 0);
    }
    node.flush();
    MemoryNode left = memory.crashed();
    byte[] image = left.get(0, (int) left.length());
    if (variant != Variant.SENT) {
      dropSentinel(image);
    }
    return image;
  }

  /** The directory without its last entry. */
  private static void dropSentinel(byte[] image) {
    int at = extension(image, BITMAPS);
    ByteBuffer b = ByteBuffer.wrap(image);
    b.putInt(at + 8, b.getInt(at + 8) - 1);
    b.putLong(at + 16, b.getLong(at + 16) - SENTINEL_BYTES);
  }

  /** The first byte of a header extension, or -1. */
  static int extension(byte[] image, int type) {
    ByteBuffer b = ByteBuffer.wrap(image);
    for (int at = b.getInt(4) == 2 ? 72 : b.getInt(100); ; ) {
      int found = b.getInt(at);
      if (found == type) {
        return at;
      }
      if (found == 0) {
        return -1;
      }
      at += 8 + (b.getInt(at + 4) + 7 & -8);
    }
  }

  /** What the driver says of the fence in some bytes; an image that it refuses is not trusted. */
  static FenceReport report(byte[] image) {
    try {
      TestHost host = TestHost.create().child("file", memory(image)).detached("backing");
      return ((BitmapStore) host.readOnly(true).open(new Qcow2Driver())).fence();
    } catch (BlockException e) {
      return new FenceReport.Broken("refused: " + e.getMessage());
    }
  }

  static MemoryNode memory(byte[] image) {
    MemoryNode memory = MemoryNode.growing();
    memory.put(0, image);
    memory.flush();
    return memory;
  }

  static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
