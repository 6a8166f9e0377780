package io.ashlar.engine.facade;

import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.IdleSealing;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.graph.NodeHandle;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The nodes of an engine for {@link IdleSealing}. */
final class IdleNodes {
  private static final Logger LOG = LoggerFactory.getLogger(IdleNodes.class);

  private IdleNodes() {}

  /** Watches the nodes; nothing to be closed for a quiet time of zero. */
  static AutoCloseable watch(GraphControl control, Duration quiet) {
    if (quiet.isZero()) {
      return () -> {};
    }
    return new IdleSealing(
        control.services().waits(),
        control.services().clock(),
        quiet.toNanos(),
        () -> nodes(control));
  }

  private static List<IdleSealing.Node> nodes(GraphControl control) {
    return control.runtime().nodes().values().stream()
        .filter(handle -> !handle.core().closing())
        .map(handle -> (IdleSealing.Node) new OpenNode(control, handle))
        .toList();
  }

  private record OpenNode(GraphControl control, NodeHandle handle) implements IdleSealing.Node {
    @Override
    public String name() {
      return handle.core().name();
    }

    @Override
    public long changes() {
      return handle.core().changes();
    }

    @Override
    public boolean sealable() {
      return handle.core().bitmaps().sealable();
    }

    @Override
    public void seal() {
      NodeCore core = handle.core();
      control
          .<Boolean>bitmaps(handle, replyTo -> new BitmapCommand.SealIdle(core::flush, replyTo))
          .whenComplete(
              (done, error) -> {
                if (error != null) {
                  LOG.warn(
                      "The bitmaps of idle node '{}' stay IN_USE, which its next store will mend:"
                          + " {}",
                      core.name(),
                      error.getMessage());
                }
              });
    }
  }
}
