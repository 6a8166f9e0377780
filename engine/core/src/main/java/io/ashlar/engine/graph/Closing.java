package io.ashlar.engine.graph;

import akka.Done;
import java.util.concurrent.CompletionStage;

/** The close of one node, begun by whoever comes first and heard by everybody. */
final class Closing {
  private final NodeCore core;
  private final NodeServices services;
  private final Once once = new Once();

  Closing(NodeCore core, NodeServices services) {
    this.core = core;
    this.services = services;
  }

  boolean begun() {
    return once.begun();
  }

  /** From here on the node's actors may end; nobody takes that for a failure. */
  CompletionStage<Done> run() {
    core.bitmaps().log().retire();
    return once.run(() -> DriverCalls.on(services, "close", core.spec(), this::close));
  }

  private Done close() {
    try {
      core.bitmaps().log().release();
      if (core.driver() != null) {
        core.driver().close();
      }
    } finally {
      services.shared().release(core.name());
    }
    return Done.getInstance();
  }
}
