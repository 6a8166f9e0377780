package io.ashlar.driver.qcow2;

import io.ashlar.spi.Waits;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * What the data path has to do with a fence: the number of the journal's last record goes into it
 * with each flush, and guests write only when somebody has said what becomes of the fence that was
 * found.
 */
final class ImageFence {
  private final Waits.WaitLock lock;
  private final HeaderFile file;
  private final HostFile storage;
  private final BitmapSteps steps;
  private volatile LongSupplier lastRecord;
  private volatile boolean unanswered;

  /**
   * The fence of an image.
   *
   * @param lock of the header
   */
  ImageFence(Waits.WaitLock lock, HeaderFile file, HostFile storage, BitmapSteps steps) {
    this.lock = lock;
    this.file = file;
    this.storage = storage;
    this.steps = steps;
  }

  /** Who tells the number of the journal's last durable record. */
  void lastRecord(LongSupplier lsn) {
    lastRecord = lsn;
  }

  /** The image becomes writable: what is in it of a fence was not put in by this node. */
  void found() {
    unanswered = FenceHeader.any(file.header());
  }

  /** The engine has said what becomes of what was found. */
  void answered() {
    unanswered = false;
  }

  /**
   * Before a guest's write: nobody wanted the fence that is in the image, so it goes, durably.
   *
   * @throws io.ashlar.spi.BlockException and the guest must not write
   */
  void beforeGuest() {
    if (!unanswered) {
      return;
    }
    lock.lock();
    try {
      if (unanswered) {
        file.update(FenceHeader.without(file.header()));
        unanswered = false;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A header that is about to be written, with the present number in its fence. */
  Header withRecord(Header next) {
    return later(next).map(lsn -> FenceHeader.change(next, f -> f.withLsn(lsn))).orElse(next);
  }

  /** The number of the journal's last record when a header's fence has an earlier one. */
  private Optional<Long> later(Header header) {
    LongSupplier lsn = lastRecord;
    if (lsn == null || !FenceHeader.any(header)) {
      return Optional.empty();
    }
    long present = lsn.getAsLong();
    return FenceHeader.read(header).filter(f -> f.fence().lsn() < present).map(f -> present);
  }

  /**
   * A flush of the image, and the present number in the fence durable with it.
   *
   * @param sync the flush
   */
  void sync(Runnable sync) {
    Object[] written = new Object[1];
    steps.flush(() -> written[0] = writeRecord(), sync);
    if (written[0] != null) {
      lock.lock();
      try {
        file.flushed(written[0]);
      } finally {
        lock.unlock();
      }
    }
  }

  private Object writeRecord() {
    if (later(file.header()).isEmpty()) {
      return null;
    }
    lock.lock();
    try {
      Header present = file.header();
      return later(present).isEmpty() ? null : file.write(withRecord(present), storage.asBlockIo());
    } finally {
      lock.unlock();
    }
  }

  /** Writes a change of the header with no flush of its own; see {@link HeaderFile#write}. */
  void write(UnaryOperator<Header> change) {
    lock.lock();
    try {
      file.write(change.apply(file.header()), storage.asBlockIo());
    } finally {
      lock.unlock();
    }
  }
}
