package io.ashlar.engine.bitmap;

import akka.actor.typed.Behavior;
import io.ashlar.spi.Waits;
import java.util.concurrent.Executor;

/** The actor that owns the bitmaps of one node and what its image says about them. */
public final class BitmapDirectory {
  private BitmapDirectory() {}

  /**
   * The directory of a node that is about to be opened.
   *
   * @param nodeName for messages
   * @param bitmaps shared with the data path of the node
   * @param waits what everything of the node waits through
   * @param drivers runs the blocking calls: into the image, and until writers have left
   */
  public static Behavior<BitmapCommand> create(
      String nodeName, NodeBitmaps bitmaps, Waits waits, Executor drivers) {
    return DirectoryActor.create(nodeName, bitmaps, drivers);
  }
}
