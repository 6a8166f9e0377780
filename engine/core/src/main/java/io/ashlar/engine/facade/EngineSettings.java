package io.ashlar.engine.facade;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import io.ashlar.engine.control.GraphSettings;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings of an engine, read once. {@code reference.conf} explains each.
 *
 * @param name name in threads and logs
 * @param timeOut of blocking forms
 * @param closeTimeOut of close
 * @param graph limits of the graph
 * @param plugins plugin directories
 * @param backingDepth longest chain that is built from names in images
 * @param eventQueue events a subscriber may have waiting
 * @param latencies whether devices keep histograms of latency
 * @param driverThreads threads for drivers
 * @param jobThreads threads for jobs
 * @param journalThreads threads for journals
 * @param journals how the history of bitmaps is kept
 * @param idleSeal after how long without a write a node's bitmaps are stored; zero for never
 * @param akka the actor system's own settings
 */
record EngineSettings(
    String name,
    Duration timeOut,
    Duration closeTimeOut,
    GraphSettings graph,
    List<Path> plugins,
    int backingDepth,
    int eventQueue,
    boolean latencies,
    int driverThreads,
    int jobThreads,
    int journalThreads,
    Journals journals,
    Duration idleSeal,
    Config akka) {

  /**
   * Settings that differ from {@code reference.conf}, which is read through the engine's own class
   * loader.
   */
  static EngineSettings from(Config differing) {
    ClassLoader own = EngineSettings.class.getClassLoader();
    Config reference = ConfigFactory.defaultReference(own);
    try {
      Config ashlar =
          differing
              .withFallback(reference)
              .resolve(ConfigResolveOptions.noSystem())
              .getConfig("ashlar");
      Config akka = ashlar.withOnlyPath("akka").withFallback(reference);
      return new EngineSettings(
          ashlar.getString("name"),
          ashlar.getDuration("time-out"),
          ashlar.getDuration("close-time-out"),
          GraphSettings.from(ashlar),
          ashlar.getStringList("plugins").stream().map(Path::of).toList(),
          ashlar.getInt("limits.backing-depth"),
          ashlar.getInt("limits.event-queue"),
          ashlar.getBoolean("latency-histograms"),
          ashlar.getInt("threads.drivers"),
          ashlar.getInt("threads.jobs"),
          ashlar.getInt("threads.journals"),
          Journals.from(ashlar.getConfig("journals")),
          ashlar.getDuration("idle-seal"),
          akka);
    } catch (ConfigException e) {
      throw new BlockException(
          ErrorCode.INVALID_OPTION, "the engine's settings are wrong: " + e.getMessage(), e);
    }
  }

  /**
   * The history of persistent bitmaps.
   *
   * @param beside whether it is kept beside images
   * @param timeOut longest wait for an event to be kept
   * @param recoveryTimeOut longest wait for a journal to be read
   */
  record Journals(boolean beside, Duration timeOut, Duration recoveryTimeOut) {
    static Journals from(Config journals) {
      String place = journals.getString("place");
      if (!place.equals("beside") && !place.equals("off")) {
        throw new ConfigException.BadValue(
            journals.origin(), "journals.place", "'" + place + "' is neither 'beside' nor 'off'");
      }
      return new Journals(
          place.equals("beside"),
          journals.getDuration("time-out"),
          journals.getDuration("recovery-time-out"));
    }
  }
}
