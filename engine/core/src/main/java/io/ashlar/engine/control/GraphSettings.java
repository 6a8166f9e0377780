package io.ashlar.engine.control;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The limits of the graph, read once from {@code ashlar}.
 *
 * @param depthLimit most nodes on one path
 * @param quiesceTimeOut how long requests may take to leave before a change
 * @param prepareTimeOut how long one node may take to prepare
 * @param cutTimeOut how long the work at the moment of a change may take, such as a resize
 */
public record GraphSettings(
    int depthLimit, Duration quiesceTimeOut, Duration prepareTimeOut, Duration cutTimeOut) {

  /** With an hour for the work at the moment of a change. */
  public GraphSettings(int depthLimit, Duration quiesceTimeOut, Duration prepareTimeOut) {
    this(depthLimit, quiesceTimeOut, prepareTimeOut, Duration.ofHours(1));
  }

  /** Reads the keys below {@code ashlar}. */
  public static GraphSettings from(Config ashlar) {
    return new GraphSettings(
        ashlar.getInt("limits.graph-depth"),
        ashlar.getDuration("quiesce-time-out"),
        ashlar.getDuration("prepare-time-out"),
        ashlar.getDuration("cut-time-out"));
  }
}
