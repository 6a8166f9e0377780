package io.ashlar.engine.journal;

/** When the storage of an image was changed, by the clock of its file system. */
public interface ImageTime {
  /** Nobody can tell. */
  long UNKNOWN = -1;

  /** Of storage that cannot tell. */
  ImageTime NONE =
      new ImageTime() {
        @Override
        public long openedNanos() {
          return UNKNOWN;
        }

        @Override
        public long changedNanos() {
          return UNKNOWN;
        }
      };

  /**
   * The last change before the image was opened; nanoseconds since 1970, or {@link #UNKNOWN}. What
   * the opening itself changed does not count.
   */
  long openedNanos();

  /** The last change; nanoseconds since 1970, or {@link #UNKNOWN}. */
  long changedNanos();
}
