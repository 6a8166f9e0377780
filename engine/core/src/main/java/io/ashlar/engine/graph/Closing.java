package io.ashlar.engine.graph;

import akka.Done;
import io.ashlar.engine.bitmap.DirectoryFinish;
import io.ashlar.spi.BlockNode;
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
        closeDriver();
      }
    } finally {
      services.shared().release(core.name());
    }
    return Done.getInstance();
  }

  /** Nobody comes to a driver whose node is being closed; nor does what a directory still does. */
  private void closeDriver() {
    BlockNode closed = core.driver();
    BlockNode standIn = new ClosedNode(core.name(), closed);
    core.replaced(standIn);
    DirectoryFinish.closed(core.bitmaps());
    closed.close();
  }
}
