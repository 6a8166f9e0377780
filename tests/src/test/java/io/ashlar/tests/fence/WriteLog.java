package io.ashlar.tests.fence;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * What QEMU's {@code blklogwrites} recorded, in the format of dm-log-writes: writes in the order of
 * their completion, and flushes. Gives the images that a crash may leave on the way.
 */
final class WriteLog {
  /** Up to so many writes between two flushes every combination is tried. */
  private static final int EXHAUSTIVE = 10;

  private static final long MAGIC = 0x6a736677736872L;
  private static final int FLUSH = 1;
  private static final int DISCARD = 4;
  private static final int MARK = 8;

  private record Change(long offset, int length, ByteBuffer data) {
    void apply(byte[] image) {
      byte[] bytes = new byte[length];
      data.get(0, bytes, 0, Math.min(length, data.limit()));
      System.arraycopy(bytes, 0, image, (int) offset, length);
    }
  }

  private final List<List<Change>> epochs = new ArrayList<>();

  WriteLog(byte[] log) {
    ByteBuffer b = ByteBuffer.wrap(log).order(ByteOrder.LITTLE_ENDIAN);
    if (b.getLong(0) != MAGIC) {
      throw new AssertionError("no log of writes");
    }
    long entries = b.getLong(16);
    int sector = b.getInt(24);
    epochs.add(new ArrayList<>());
    int at = sector;
    for (long i = 0; i < entries; i++) {
      long offset = b.getLong(at) * sector;
      int length = (int) b.getLong(at + 8) * sector;
      long flags = b.getLong(at + 16);
      at += sector;
      boolean data = (flags & (DISCARD | MARK)) == 0;
      if (length > 0 && (flags & MARK) == 0) {
        ByteBuffer bytes =
            ByteBuffer.wrap(data ? Arrays.copyOfRange(log, at, at + length) : new byte[0]);
        last().add(new Change(offset, length, bytes));
      }
      at += data ? length : 0;
      if ((flags & FLUSH) != 0) {
        epochs.add(new ArrayList<>());
      }
    }
  }

  private List<Change> last() {
    return epochs.get(epochs.size() - 1);
  }

  int writes() {
    return epochs.stream().mapToInt(List::size).sum();
  }

  /** Shows every image; the array is the caller's only during the call. */
  void crashes(byte[] start, Random random, Consumer<byte[]> judge) {
    int end = start.length;
    for (List<Change> epoch : epochs) {
      for (Change change : epoch) {
        end = (int) Math.max(end, change.offset() + change.length());
      }
    }
    byte[] durable = Arrays.copyOf(start, end);
    for (List<Change> epoch : epochs) {
      int n = epoch.size();
      int states = n <= EXHAUSTIVE ? 1 << n : 1 << EXHAUSTIVE;
      for (int state = 0; state < states; state++) {
        byte[] image = durable.clone();
        for (int i = 0; i < n; i++) {
          if (n <= EXHAUSTIVE ? (state >>> i & 1) != 0 : random.nextBoolean()) {
            epoch.get(i).apply(image);
          }
        }
        judge.accept(image);
      }
      epoch.forEach(change -> change.apply(durable));
    }
  }
}
