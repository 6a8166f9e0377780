package io.ashlar.engine.sim;

import io.ashlar.engine.sim.Truth.Tracked;
import java.util.Map;

/** What a command on a bitmap means for what the bitmap must know. */
final class BitmapTruth {
  private final Truth truth;
  private final Step step;
  private final Tracked bitmap;

  /** What a merge has to bring, from its source as it was when the command was sent. */
  private Tracked merging;

  BitmapTruth(Truth truth, Step step) {
    this.truth = truth;
    this.step = step;
    bitmap = truth == null ? null : truth.bitmaps().get(name(step));
  }

  static String node(Step step) {
    if (step instanceof Step.AddBitmap s) {
      return s.node();
    } else if (step instanceof Step.RemoveBitmap s) {
      return s.node();
    } else if (step instanceof Step.Clear s) {
      return s.node();
    } else if (step instanceof Step.Enable s) {
      return s.node();
    } else if (step instanceof Step.Merge s) {
      return s.node();
    } else if (step instanceof Step.Thaw s) {
      return s.node();
    }
    throw new IllegalArgumentException("no command on a bitmap: " + step);
  }

  private static String name(Step step) {
    if (step instanceof Step.AddBitmap s) {
      return s.bitmap();
    } else if (step instanceof Step.RemoveBitmap s) {
      return s.bitmap();
    } else if (step instanceof Step.Clear s) {
      return s.bitmap();
    } else if (step instanceof Step.Enable s) {
      return s.bitmap();
    } else if (step instanceof Step.Merge s) {
      return s.target();
    } else if (step instanceof Step.Thaw s) {
      return s.bitmap();
    } else if (step instanceof Step.Freeze s) {
      return s.bitmap();
    }
    return "";
  }

  /** The command is sent. */
  void begin() {
    if (truth != null) {
      truth.commanded = true;
    }
    if (bitmap == null) {
      return;
    }
    if (step instanceof Step.Clear || step instanceof Step.RemoveBitmap) {
      bitmap.begin(true);
    } else if (step instanceof Step.Enable) {
      bitmap.begin(false);
    } else if (step instanceof Step.Thaw s) {
      bitmap.begin(s.replace());
    } else if (step instanceof Step.Merge s && truth.bitmaps().containsKey(s.source())) {
      merging = new Tracked(s.source(), false, false);
      merging.merged(truth.bitmaps().get(s.source()));
    }
  }

  /** Its result is there. */
  void end(boolean done) {
    if (truth == null) {
      return;
    }
    truth.commanded = false;
    if (bitmap == null) {
      if (done && step instanceof Step.AddBitmap s) {
        truth.bitmaps().put(s.bitmap(), new Tracked(s.bitmap(), s.persistent(), !s.disabled()));
      } else if (done && step instanceof Step.Resize s) {
        truth.bitmaps().values().forEach(b -> b.cut(s.granules()));
      }
      return;
    }
    endKnown(done, truth.bitmaps());
  }

  private void endKnown(boolean done, Map<String, Tracked> all) {
    if (step instanceof Step.Clear) {
      finish(done, false);
    } else if (step instanceof Step.RemoveBitmap) {
      finish(done, false);
      if (done) {
        all.remove(bitmap.name);
      } else {
        bitmap.mayBeGone = true;
      }
    } else if (step instanceof Step.Enable s) {
      finish(done, s.enabled() == bitmap.enabled);
      if (done) {
        bitmap.enabled = s.enabled();
      }
    } else if (step instanceof Step.Merge) {
      if (done && merging != null) {
        bitmap.merged(merging);
      }
    } else if (step instanceof Step.Freeze) {
      if (done) {
        bitmap.frozen();
      }
    } else if (step instanceof Step.Thaw s) {
      finish(done, !s.replace());
      bitmap.thawed(done && s.replace());
    }
  }

  private void finish(boolean done, boolean keep) {
    if (done) {
      bitmap.succeeded(keep);
    } else {
      bitmap.failed();
    }
  }
}
