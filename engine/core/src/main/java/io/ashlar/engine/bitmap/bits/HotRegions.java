package io.ashlar.engine.bitmap.bits;

/**
 * The regions of a node whose recent dirtying is durable, so that a crash loses no bit. Writers
 * heat the regions they touch after setting bits and before the driver call.
 */
public interface HotRegions {
  /**
   * Returns when all regions of the range are hot and that is durable. The present set is read
   * once: regions that were cold are made durable under that set's epoch and then marked in that
   * same set, not in the one that is present by then.
   *
   * @throws io.ashlar.spi.BlockException and the write is not issued
   */
  void heat(long offset, long length);

  /**
   * Publishes a new set of the next epoch; before a capture reads any bit.
   *
   * @return the new epoch
   */
  long publishNext();

  /** Forgets durable heats of epochs before this one; after the capture is durable. */
  void dropBefore(long epoch);

  /** Nothing survives a crash, and nothing is waited for. */
  HotRegions NONE =
      new HotRegions() {
        @Override
        public void heat(long offset, long length) {}

        @Override
        public long publishNext() {
          return 0;
        }

        @Override
        public void dropBefore(long epoch) {}
      };
}
