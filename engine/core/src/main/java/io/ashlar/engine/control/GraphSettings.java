package io.ashlar.engine.control;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The limits of the graph, read once from {@code ashlar}.
 *
 * @param depthLimit most nodes on one path
 * @param quiesceTimeOut how long requests may take to leave before a change
 * @param prepareTimeOut how long one node may take to prepare
 */
public record GraphSettings(int depthLimit, Duration quiesceTimeOut, Duration prepareTimeOut) {
  /** Reads the keys below {@code ashlar}. */
  public static GraphSettings from(Config ashlar) {
    return new GraphSettings(
        ashlar.getInt("limits.graph-depth"),
        ashlar.getDuration("quiesce-time-out"),
        ashlar.getDuration("prepare-time-out"));
  }
}
