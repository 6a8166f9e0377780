package io.ashlar.cli.run;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.option.Sizes;

/** A bitmap in one line, for people. */
public final class BitmapText {
  private BitmapText() {}

  /** What is dirty, and its state. */
  public static String of(BitmapInfo info) {
    if (info.inconsistent()) {
      return "inconsistent, " + info.reason();
    }
    StringBuilder line = new StringBuilder();
    line.append(info.dirtyBytes()).append(" bytes dirty (").append(Sizes.human(info.dirtyBytes()));
    line.append(", ").append(info.dirtyBytes() / info.granularity()).append(" x ");
    line.append(Sizes.human(info.granularity())).append(')');
    line.append(info.recording() ? ", recording" : ", not recording");
    if (info.persistent()) {
      line.append(info.armed() ? ", armed" : ", sealed");
    }
    if (info.recovery() != null) {
      long added = info.recovery().overApproximatedBytes();
      line.append(", recovered with at most ").append(Sizes.human(added)).append(" too many");
    }
    return line.append(info.busy() ? ", busy" : "").toString();
  }
}
