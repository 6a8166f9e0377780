package io.ashlar.engine.bitmap;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.spi.ErrorCode;

/**
 * Bitmaps in the hands of exports: busy, so that nobody clears or removes what a client reads, and
 * recording as before. The image is not concerned: a seal stores such a bitmap like any other.
 */
final class ExportHolds {
  private final Desk desk;

  ExportHolds(Desk desk) {
    this.desk = desk;
  }

  void hold(String name, String owner) {
    BitmapState bitmap = desk.checks().free(desk.find(name));
    desk.checks().consistent(bitmap);
    desk.apply(desk.state().generation().hold(name, true));
    desk.publish(desk.state().withOwner(name, owner));
  }

  void release(String name, String owner) {
    BitmapState bitmap = desk.find(name);
    boolean exported = bitmap.busy() && bitmap.successor().isEmpty();
    if (!exported || !owner.equals(desk.state().owners().get(name))) {
      throw desk.error(ErrorCode.JOB_STATE, name, "is not held by " + owner);
    }
    desk.apply(desk.state().generation().hold(name, false));
    desk.publish(desk.state().withoutOwner(name));
  }
}
