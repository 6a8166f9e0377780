package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;

/**
 * A prepared change of a quiesced node. The staged node is the node itself: until the decision it
 * works through the staged children, and goes back to its own ones then.
 */
final class Qcow2Reopen implements ReopenStep {
  private final Qcow2Node node;
  private final Qcow2Image image;
  private final Settings before;
  private final Settings after;
  private final Child ownFile;
  private final Child backingBefore;
  private final Child backingAfter;
  private final boolean wasWritable;
  private boolean decided;

  private Qcow2Reopen(
      Qcow2Node node, Qcow2Image image, Settings after, Child backingAfter, Child ownFile) {
    this.node = node;
    this.image = image;
    this.before = image.settings();
    this.after = after;
    this.backingBefore = image.backing();
    this.backingAfter = backingAfter;
    this.wasWritable = image.writable();
    this.ownFile = ownFile;
  }

  static ReopenStep prepare(Qcow2Node node, Qcow2Image image, ReopenContext context) {
    Settings after = Settings.of(context.options(), context.nodeOptions(), image.header());
    ChildPresence presence = context.presence("backing");
    boolean below = Qcow2Opener.backing(presence, image.header(), image.nodeName());
    if (context.pass() == ReopenPass.DOWN) {
      // What is gained comes with the other pass.
      Settings less = after.withReadOnly(after.readOnly() || !image.writable());
      Child backing = below ? image.backing() : null;
      Qcow2Reopen step = new Qcow2Reopen(node, image, less, backing, image.context.child("file"));
      if (image.writable()) {
        image.clean();
      }
      return step;
    }
    Child backing = null;
    if (below) {
      backing = image.backing() == null ? context.child("backing") : image.backing();
    }
    Qcow2Reopen step = new Qcow2Reopen(node, image, after, backing, image.context.child("file"));
    boolean prepared = false;
    try {
      step.stage(context, below);
      prepared = true;
    } finally {
      if (!prepared) {
        step.abort();
      }
    }
    return step;
  }

  private void stage(ReopenContext context, boolean below) {
    if (image.writable()) {
      image.rounds.flush(); // the caches may be replaced at commit, when nothing may fail
    }
    image.file.use(context.child("file"));
    if (below) {
      image.backing(context.child("backing"));
    }
    if (!after.readOnly() && !wasWritable) {
      if (image.headerUnknown()) {
        image.settle(); // an earlier attempt failed in the middle of a header write
      } else {
        Qcow2Opener.requireUnchanged(image);
      }
      Qcow2Opener.makeWritable(image);
    }
  }

  @Override
  public BlockNode staged() {
    return node;
  }

  @Override
  public void commit() {
    if (decided) {
      return;
    }
    decided = true;
    image.file.use(ownFile);
    image.backing(backingAfter);
    image.writable(!after.readOnly());
    image.settings(after);
  }

  @Override
  public void abort() {
    if (decided) {
      return;
    }
    decided = true;
    image.file.use(ownFile);
    image.backing(backingBefore);
    image.writable(wasWritable);
    image.settings(before);
  }
}
