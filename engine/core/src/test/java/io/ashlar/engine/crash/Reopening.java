package io.ashlar.engine.crash;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.DirtyView;
import io.ashlar.engine.crash.GuestTruth.Request;
import io.ashlar.engine.graph.NodeCore;
import io.ashlar.engine.sim.Sim;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Set;
import java.util.SplittableRandom;

/** Opens a state with the engine, looks at it, and closes it. */
final class Reopening {
  /** Numbers of requests of a second life, which no first life reaches. */
  private static final long SECOND_LIFE = 1L << 32;

  /**
   * What is done with a state.
   *
   * @param seed decides who goes on when
   * @param nanos the time of the crash
   * @param lives whether three requests are sent before the close
   * @param records whether the disk keeps what happens, for crashes in the middle of it
   * @param tool is shown the image before the opening and after the close; {@code null} for nothing
   */
  record Plan(long seed, long nanos, boolean lives, boolean records, RealTool tool) {
    /** Shown to nobody. */
    Plan(long seed, long nanos, boolean lives, boolean records) {
      this(seed, nanos, lives, records, null);
    }
  }

  private final Machine machine;

  Reopening(Machine machine) {
    this.machine = machine;
  }

  /**
   * Looks at a state.
   *
   * @param sectors the guest's sectors that matter
   */
  Observed look(Disk disk, Set<Integer> sectors, Plan plan) {
    Observed found = new Observed();
    if (!foreign(disk, sectors, found)) {
      return found;
    }
    if (plan.tool() != null) {
      plan.tool().crashed(disk.content(Machine.IMAGE), found.complaints);
    }
    boolean sound = false;
    machine.start(plan.seed(), plan.nanos(), disk);
    disk.timeline().clock(Sim.INSTANCE::nanoTime);
    try {
      if (plan.records()) {
        disk.timeline().start();
        disk.timeline().phase("recovery");
      }
      open(found);
      if (plan.lives()) {
        live(found, plan.seed());
      }
      if (plan.tool() != null) {
        repair(found);
      }
      machine.await(machine.engine().removeAll());
      sound = true;
    } catch (BlockException e) {
      found.complaints.add("F: " + e.code() + ": " + e.getMessage());
    } catch (AssertionError e) {
      found.complaints.add("F: " + e.getMessage());
    } finally {
      machine.end(sound);
    }
    Sim.INSTANCE.failures().forEach(e -> found.complaints.add("F: a task failed: " + e));
    if (sound) {
      closed(disk, found);
      if (plan.tool() != null) {
        plan.tool().closed(disk.content(Machine.IMAGE), found.complaints);
      }
    }
    return found;
  }

  private static boolean foreign(Disk disk, Set<Integer> sectors, Observed found) {
    try {
      Qcow2View view = new Qcow2View(disk.content(Machine.IMAGE));
      found.size = view.size;
      for (int sector : sectors) {
        if ((sector + 1L) * Pages.SECTOR <= view.size) {
          found.values.put(sector, GuestTruth.value(view.sector(sector)));
        }
      }
      found.stored = view.bitmaps();
      return true;
    } catch (Qcow2View.Nonsense e) {
      found.complaints.add("A: the image makes no sense: " + e.getMessage());
      return false;
    }
  }

  private void open(Observed found) {
    machine.await(machine.engine().graph().add(Machine.image(false)));
    found.reopened = true;
    NodeCore core = machine.engine().control().runtime().nodes().get(Machine.NODE).core();
    for (BitmapInfo info : machine.await(machine.engine().bitmaps().list(Machine.NODE))) {
      DirtyView dirty = machine.await(machine.engine().bitmaps().dirty(Machine.NODE, info.name()));
      found.seen.put(
          info.name(),
          new Observed.Seen(
              info.inconsistent() || dirty instanceof DirtyView.Unusable,
              info.reason(),
              info.recording(),
              granules(dirty, info.granularity()),
              info.recovery() == null ? 0 : info.recovery().overApproximatedBytes()));
    }
    Checkable.CheckResult check = ((Checkable) core.driver()).check(Checkable.Repair.NONE);
    if (check.corruptions() > 0) {
      found.complaints.add("A: check finds " + check.findings());
    }
    ByteBuffer sector = ByteBuffer.allocate(Pages.SECTOR);
    found.values.forEach(
        (number, value) -> {
          core.read(number * (long) Pages.SECTOR, sector.clear(), IoFlags.NONE);
          long read = GuestTruth.value(sector.array());
          if (read != value) {
            found.complaints.add(
                "B: sector %d reads as %x, and as %x to others".formatted(number, read, value));
          }
        });
  }

  /** Gives back what the crash leaked, while the bitmaps are in use. */
  private void repair(Observed found) {
    NodeCore core = machine.engine().control().runtime().nodes().get(Machine.NODE).core();
    ((Checkable) core.driver()).check(Checkable.Repair.LEAKS);
    Checkable.CheckResult left = ((Checkable) core.driver()).check(Checkable.Repair.NONE);
    if (left.corruptions() > 0 || left.leaks() > 0) {
      found.complaints.add("A: after a repair check finds " + left.findings());
    }
  }

  private static BitSet granules(DirtyView view, long granularity) {
    BitSet bits = new BitSet();
    if (view instanceof DirtyView.Exact exact) {
      for (DirtyView.Extent extent : exact.extents()) {
        bits.set(
            (int) (extent.offset() / granularity),
            (int) ((extent.offset() + extent.length() + granularity - 1) / granularity));
      }
    }
    return bits;
  }

  /** Three more requests, where there is a sector to write to. */
  private void live(Observed found, long seed) {
    if (found.size < Pages.SECTOR) {
      return;
    }
    SplittableRandom random = new SplittableRandom(seed);
    DeviceSettings settings = DeviceSettings.writer("second");
    BlockDevice device = machine.await(machine.engine().graph().attach(Machine.NODE, settings));
    for (int i = 1; i <= 3; i++) {
      Request request = new Request(SECOND_LIFE + i, false, false, i);
      int sector = random.nextInt((int) Math.min(5600, found.size / Pages.SECTOR));
      long offset = sector * (long) Pages.SECTOR;
      device.write(offset, ByteBuffer.wrap(GuestTruth.content(request, offset, Pages.SECTOR)));
      found.lived.put(sector, request.value(sector));
      if (random.nextInt(3) == 0) {
        device.flush();
      }
    }
    machine.await(machine.engine().control().detach("second"));
  }

  private static void closed(Disk disk, Observed found) {
    try {
      Qcow2View view = new Qcow2View(disk.content(Machine.IMAGE));
      found.storedAfter = view.bitmaps();
      found.values.forEach(
          (number, value) -> {
            long now = GuestTruth.value(view.sector(number));
            if (now != found.lived.getOrDefault(number, value)) {
              found.complaints.add("G: sector " + number + " changed though nobody wrote");
            }
          });
      found.lived.forEach(
          (number, value) -> {
            if (GuestTruth.value(view.sector(number)) != value) {
              found.complaints.add("G: sector " + number + " is not what was written");
            }
          });
    } catch (Qcow2View.Nonsense e) {
      found.complaints.add("G: after a close the image makes no sense: " + e.getMessage());
    }
  }
}
