package io.ashlar.engine.journal;

import io.ashlar.spi.StoredBitmap;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a node's bitmap directory tells the history of its image. Any thread that may block, of a
 * driver or a guest; calls wait until what they say is durable, at most for the journal's time
 * limit. Nothing here fails: a journal that cannot keep up is given up, which is announced, and the
 * change goes on without it.
 *
 * <p>Only persistent bitmaps have a history. The pattern: checks, then {@link #intend}, then the
 * change, then {@link Intent#done} or {@link Intent#failed}, then the reply.
 */
public interface LifecycleLog {
  /** Keeps nothing. */
  LifecycleLog NONE =
      new LifecycleLog() {
        @Override
        public void ready(String by, Supplier<List<StoredBitmap>> image) {}

        @Override
        public Intent intend(String by, List<BitmapFact> facts) {
          return Intent.NONE;
        }

        @Override
        public void note(String by, BitmapFact fact) {}

        @Override
        public Optional<String> story(String bitmap) {
          return Optional.empty();
        }

        @Override
        public void release() {}
      };

  /** A change that was announced. Exactly one of the two ends it. */
  interface Intent {
    /** Of a log that keeps nothing. */
    Intent NONE =
        new Intent() {
          @Override
          public void done() {}

          @Override
          public void failed(Throwable reason) {}
        };

    /**
     * Returns when the announcement is durable, or the journal was given up; at once if {@link
     * LifecycleLog#intend} made it. Once, and before the image changes.
     */
    default void awaitKept() {}

    /** The image has it, durably as far as it ever will be before the answer. */
    void done();

    /** It ended with an error; the image may have it or not. */
    void failed(Throwable reason);
  }

  /**
   * The image may be written from now on and has, or is about to have, a persistent bitmap. Opens
   * the journal if it is not open, compares it with the image, and records what differs.
   *
   * @param by what asked for it: a command by its QMP name, or a job
   * @param image the directory in the image
   */
  void ready(String by, Supplier<List<StoredBitmap>> image);

  /**
   * The same for an image that a crash left behind: its journal is read, whoever was to use it.
   *
   * @param crash hears what is in it
   */
  default void ready(String by, Supplier<List<StoredBitmap>> image, AfterCrash crash) {
    crash.lost("no journal is kept for it");
    ready(by, image);
  }

  /** Reads the journal of an image that a crash left behind, and changes nothing. */
  default void examine(AfterCrash crash) {
    crash.lost("no journal is kept for it");
  }

  /** The journal for records of other kinds, while it is open. */
  default Optional<ImageRecords> records() {
    return Optional.empty();
  }

  /** Tells users something, once; an empty text is nothing. */
  default void notice(String text) {}

  /**
   * A change is about to be made; returns when that is durable, or the journal was given up.
   *
   * @param by what asked for it: a command by its QMP name, or a job
   * @param facts what will be true after it; several are one change, done whole or not at all
   */
  Intent intend(String by, List<BitmapFact> facts);

  /**
   * The same without waiting: {@link Intent#awaitKept} does, so that other work which changes
   * nothing of the image can be done meanwhile.
   */
  default Intent announce(String by, List<BitmapFact> facts) {
    return intend(by, facts);
  }

  /**
   * Something has happened that needed no announcement: if its record is missing, the image tells
   * as well.
   */
  void note(String by, BitmapFact fact);

  /** What is known of an inconsistent bitmap, for people. */
  Optional<String> story(String bitmap);

  /** The node is being closed: its actors may end from now on. Waits for nothing. */
  default void retire() {}

  /**
   * The image will not be written by this node until it is {@link #ready} again, and others may
   * write it: returns when the journal's file is let go. What is known of it may be kept.
   */
  default void rest() {
    release();
  }

  /**
   * The image will not be written any more by this node: closes the journal and returns when the
   * file is closed.
   */
  void release();

  /**
   * The actor that is to be the parent of what this needs; before anything else. Another one takes
   * the place of one that died, and all its children with it.
   */
  default void hostedBy(JournalChild.Host parent) {}

  /** Announces one change, makes it, and records how it ended. */
  default void record(String by, BitmapFact fact, Runnable change) {
    record(by, List.of(fact), change);
  }

  /** Announces several as one change, makes it, and records how it ended. */
  default void record(String by, List<BitmapFact> facts, Runnable change) {
    Intent intent = intend(by, facts);
    try {
      change.run();
    } catch (RuntimeException | Error e) {
      intent.failed(e);
      throw e;
    }
    intent.done();
  }
}
