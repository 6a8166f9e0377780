package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.Generation.Change;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/**
 * A transaction's part in one node. The node is quiesced and users' commands are held from {@link
 * #begin} to {@link #commit} or {@link #abort}, so what was worked out stays true.
 */
final class Stages {
  private final Desk desk;

  Stages(Desk desk) {
    this.desk = desk;
  }

  StagedBitmaps begin(String by) {
    return new StagedBitmaps(desk.node(), by, desk.state(), desk.disk());
  }

  /**
   * Everything that can fail: IN_USE, then the entries of the image. When this fails, the image has
   * its old directory, or will have before the next write passes.
   */
  void prepare(StagedBitmaps staged) {
    if (staged.diverges()) {
      desk.recording().arm();
    }
    if (!staged.facts().isEmpty()) {
      if (staged.diverges() && staged.rewrites()) {
        desk.disk().ready(staged.by());
      }
      staged.intend(desk.log().intend(staged.by(), staged.facts()));
    }
    desk.disk().prepare(staged.change());
    if (staged.rewrites()) {
      staged.markPublished();
      desk.told(staged.next());
    }
  }

  /** Cannot fail: nobody writes, and the trees are filled. */
  void commit(StagedBitmaps staged) {
    if (!staged.end()) {
      return;
    }
    if (!staged.next().equals(staged.previous())) {
      if (staged.next().generation() != staged.previous().generation()) {
        desk.recording()
            .applyQuiesced(
                new Change(staged.next().generation()), () -> desk.disk().finish(staged.change()));
      }
      desk.publish(staged.next());
    }
    desk.told(null);
    staged.intent().done();
  }

  /** Memory was never changed; entries that went come back IN_USE, for memory has their bits. */
  void abort(StagedBitmaps staged) {
    if (!staged.end()) {
      return;
    }
    staged.intent().failed(new BlockException(ErrorCode.CANCELLED, "the transaction was given up"));
    desk.told(null);
    if (staged.published()) {
      desk.disk().restore(staged.previous(), Layouts.keep(staged.previous(), staged.fresh()));
    }
  }
}
