package io.ashlar.engine.api;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.Engine;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.ImageReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A block engine. An application may run several; they share nothing. The engine reads no
 * configuration of the application by itself and installs no shutdown hook.
 */
public interface Ashlar extends AutoCloseable {
  /** Starts an engine with the settings of {@code reference.conf}. */
  static Ashlar start() {
    return start(ConfigFactory.empty());
  }

  /**
   * Starts an engine.
   *
   * @param settings {@code ashlar.*} keys that differ from {@code reference.conf}
   */
  static Ashlar start(Config settings) {
    return Engine.start(settings);
  }

  /**
   * Starts an engine.
   *
   * @param settings keys without {@code ashlar.} in front, such as {@code time-out}, with values as
   *     in HOCON
   */
  static Ashlar start(Map<String, ?> settings) {
    return start(ConfigFactory.parseMap(settings).atPath("ashlar"));
  }

  /**
   * What happened to the persistent bitmaps of an image, from the journal beside it. Needs no
   * engine, works while an engine has the image open, and changes nothing.
   *
   * @throws io.ashlar.spi.BlockException FILE_NOT_FOUND naming the place that was looked at;
   *     JOURNAL_DAMAGED when nothing of it can be read
   */
  static ImageHistory history(Path image) {
    return Engine.history(image);
  }

  /**
   * What an image says of itself. Opens that one file, read-only; follows no reference.
   *
   * @param format the driver, or {@code null} to ask every driver
   */
  ImageReport inspect(Path image, String format);

  /**
   * Looks for damage in an image, and mends it. Takes the image's locks like any user of it;
   * follows no reference. Nothing is written when nothing is to be mended.
   *
   * <p>The driver mends before anything else is written. The bitmaps of an image that a crash left
   * are recovered on the way, as far as its journal vouches for them, and stored; an inconsistent
   * one stays so.
   *
   * @param format the driver; never guessed
   * @return fails with NOT_SUPPORTED when there is nothing to check in images of that format, and
   *     with FILE_LOCKED when another process uses the image
   */
  Reply<ImageCheck> check(Path image, String format, Checkable.Repair repair);

  /** Opens an image with a device on it, building its nodes. */
  Reply<OpenImage> open(Path image, OpenOptions options);

  /** The nodes. */
  BlockGraph graph();

  /** The bitmaps. */
  Bitmaps bitmaps();

  /** The jobs. */
  Jobs jobs();

  /**
   * {@code transaction}: all actions take effect together, or the reply fails, naming the action by
   * its index from 0, and everything is as before. The reply has the jobs that run now, in the
   * order of their actions.
   */
  Reply<List<Job>> transaction(TransactionRequest request);

  /**
   * Subscribes to events.
   *
   * @param executor runs the listener; never a thread of the engine
   * @return ends the subscription when closed
   */
  AutoCloseable onEvent(Executor executor, Consumer<Event> listener);

  /** Closes with the engine's default time limit. */
  @Override
  void close();

  /**
   * Cancels the jobs, ends the calls in flight, stores the bitmaps, closes all nodes, stops the
   * threads. Idempotent.
   *
   * @throws io.ashlar.spi.BlockException naming every bitmap or node that could not be kept or
   *     closed
   */
  void close(Duration atMost);
}
