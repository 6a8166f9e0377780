package io.ashlar.engine.transaction;

import io.ashlar.engine.bitmap.StagedBitmaps;
import io.ashlar.engine.graph.NodeHandle;
import java.util.concurrent.CompletionStage;

/** What actions stage their work with. */
public interface Staging {
  /**
   * A node as it will be, quiesced.
   *
   * @throws io.ashlar.spi.BlockException NODE_NOT_FOUND
   */
  NodeHandle node(String name);

  /** The bitmaps of a node as the actions so far make them. */
  CompletionStage<StagedBitmaps> bitmaps(String node);
}
