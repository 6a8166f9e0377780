package io.ashlar.engine.bitmap;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.bitmap.bits.DormantException;
import java.util.List;

/**
 * The {@code block-dirty-bitmap-*} commands: each happens whole or not at all. What a stored bitmap
 * says is marked IN_USE before memory differs from it; what was promised to be in the image is
 * there before the answer.
 */
final class BitmapChanges {
  private final Desk desk;

  BitmapChanges(Desk desk) {
    this.desk = desk;
  }

  /**
   * A persistent one is in the image's directory, empty and IN_USE, when this returns.
   *
   * @throws DormantException for the first bitmap, which is a transaction's business
   */
  BitmapInfo add(String name, Bitmaps.Settings settings, long defaultGranularity) {
    if (desk.recording().dormant()) {
      throw new DormantException(desk.node());
    }
    carryOut(desk.steps().add(name, settings, defaultGranularity));
    return DirectoryState.info(desk.find(name), desk.disk().armed(), desk.log());
  }

  /** A persistent one is out of the image's directory when this returns; false for none. */
  boolean remove(String name) {
    desk.checks().requireActive();
    DirectoryState state = desk.state();
    if (state.generation().find(name).isEmpty() && state.unusable(name).isEmpty()) {
      return false;
    }
    carryOut(desk.steps().remove(name));
    return true;
  }

  void clear(String name) {
    carryOut(desk.steps().clear(name));
  }

  void setEnabled(String name, boolean enabled) {
    carryOut(desk.steps().setEnabled(name, enabled));
  }

  /**
   * OR-s copies of bits into a bitmap.
   *
   * @param names of the sources, each as {@code node/bitmap}
   */
  void merge(String target, List<BitTree> sources, List<String> names) {
    carryOut(desk.steps().merge(target, sources, names));
  }

  /** Hands out the bits as they are at this moment; they do not change any more. */
  BitTree freeze(String name, String owner, boolean keeps) {
    BitmapStep step = desk.steps().freeze(name, owner, keeps);
    BitTree bits = desk.find(name).tree();
    carryOut(step);
    return bits;
  }

  /**
   * Stable bits of a bitmap and its successor, while writers and changes go on; any thread.
   *
   * @param free refuse one that a job or an export holds
   */
  BitTree snapshot(String name, boolean free) {
    BitmapChecks checks = desk.checks();
    BitmapState bitmap = checks.find(name);
    if (free) {
      checks.free(bitmap);
    }
    checks.consistent(bitmap);
    BitTree copy = bitmap.tree().copy();
    bitmap.successor().ifPresent(copy::merge);
    return copy;
  }

  private void carryOut(BitmapStep step) {
    if (step.diverges()) {
      desk.recording().arm();
    }
    if (step.facts().isEmpty()) {
      takeEffect(step);
      return;
    }
    if (step.diverges() && step.rewrites()) {
      desk.disk().ready(step.by());
    }
    desk.log().record(step.by(), step.facts(), () -> takeEffect(step));
  }

  private void takeEffect(BitmapStep step) {
    DirectoryState next = step.next();
    DirectoryChange change = DirectoryChange.of(desk.state(), step);
    if (next.generation() == desk.state().generation()) {
      desk.disk().prepare(change);
    } else {
      desk.carryOut(change, step.fill());
    }
    desk.publish(next);
  }
}
