package io.ashlar.engine.sim;

import io.ashlar.engine.bitmap.bits.BitmapState;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.DeviceSpec;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Planner;
import io.ashlar.engine.sim.History.Act;
import io.ashlar.engine.sim.History.Request;
import io.ashlar.engine.sim.Runner.Result;
import io.ashlar.engine.sim.Truth.Tracked;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What must hold after each step, and whenever nothing is under way. */
final class Rules {
  /** Calls whose failure must reach whoever asked for the change. */
  private static final Set<String> FALLIBLE =
      Set.of(
          "open",
          "prepareReopen",
          "stage",
          "publish",
          "arm",
          "directory",
          "load",
          "checkStorable",
          "write",
          "flush",
          "sync",
          "truncate",
          "close");

  /** Why a job may be refused, or fail at its end, although nothing goes wrong. */
  private static final Set<ErrorCode> REFUSALS =
      Set.of(
          ErrorCode.BITMAP_BUSY,
          ErrorCode.BITMAP_INCONSISTENT,
          ErrorCode.BITMAP_NOT_FOUND,
          ErrorCode.BITMAP_READ_ONLY,
          ErrorCode.CANCELLED,
          ErrorCode.INVALID_OPTION,
          ErrorCode.INVALID_REQUEST,
          ErrorCode.JOB_STATE,
          ErrorCode.NODE_INACTIVE,
          ErrorCode.NODE_IN_USE,
          ErrorCode.NODE_NOT_FOUND,
          ErrorCode.NOT_SUPPORTED,
          ErrorCode.PERMISSION_CONFLICT,
          ErrorCode.READ_ONLY);

  private final World world;
  private final SimEngine engine;
  private final Deaths deaths;

  /** Or {@code null}. */
  private final SimJournals journals;

  Rules(World world, SimEngine engine, Deaths deaths, SimJournals journals) {
    this.journals = journals;
    this.world = world;
    this.engine = engine;
    this.deaths = deaths;
  }

  /** Whether nodes failed for good, their actors having died too often. */
  private boolean failed() {
    return !engine.runtime().failed().isEmpty();
  }

  /** The result of a reopen does not depend on the order of its nodes. */
  void orderMatters(Function<GraphModel, GraphModel> one, Function<GraphModel, GraphModel> other) {
    GraphModel first = planned(one);
    GraphModel second = planned(other);
    if ((first == null) != (second == null) || (first != null && !same(first, second))) {
      world.violated("a reopen means something else in another order of its nodes");
    }
  }

  private GraphModel planned(Function<GraphModel, GraphModel> edit) {
    try {
      GraphModel before = engine.runtime().model();
      GraphModel after = edit.apply(before);
      new Planner(130).plan(before, after);
      return after;
    } catch (BlockException e) {
      return null;
    }
  }

  /** A step has ended and everything is at rest. */
  void afterStep(Act act, Result result, List<Faults.Fired> fired) {
    GraphModel now = engine.runtime().model();
    boolean graph = result.step() == null;
    if (result.error() == null) {
      if (graph && result.wanted() == null) {
        world.violated("a change that cannot be planned succeeded: " + act.step());
      } else if (graph && !same(now, result.changed().after())) {
        world.violated("the graph is not what the change says: " + act.step());
      }
      failuresReached(act, result, fired);
      if (graph) {
        armed(result);
      }
    } else {
      if (!same(now, result.before())) {
        world.violated("a refused change left another graph: " + act.step());
      }
      boolean excused = !fired.isEmpty() || act.hurry() > 0;
      if (graph && result.plannable() && !excused && undisturbed()) {
        world.violated("refused although nothing was wrong: " + act.step() + ": " + result.error());
      }
    }
  }

  /** A resize that failed left the length as it was, or says what it is, or that it still comes. */
  void lengthIsKnown(Step.Resize step, long before, long now, BlockException error) {
    long wanted = (long) step.granules() * SimImage.GRANULE;
    if (error == null && now != wanted) {
      world.violated("success, and the length is " + now + " after " + step);
    } else if (error != null && now != before && !told(error, now)) {
      world.violated(
          "refused, and the length is "
              + now
              + ", not "
              + before
              + ", after "
              + step
              + ": "
              + error);
    }
  }

  private static boolean told(Throwable error, long now) {
    String message = String.valueOf(error.getMessage());
    return message.contains(" is " + now + " bytes long now")
        || message.contains("takes effect when its call returns")
        || java.util.Arrays.stream(error.getSuppressed()).anyMatch(more -> told(more, now));
  }

  /**
   * An activation failed. It marked the bitmaps of its images, and a disk that fails may have kept
   * it from taking that back: nobody has them in memory, so they are given up.
   */
  void givenUp(GraphModel before) {
    if (world.faults().fired().isEmpty()) {
      return;
    }
    for (String image : world.images()) {
      NodeSpec spec = before.nodes().get(image);
      if (spec != null && !spec.active()) {
        for (SimImage.Entry entry : SimImage.presentEntries(world.diskOf(image))) {
          Tracked tracked = world.truth(image).bitmaps().get(entry.name());
          if (tracked != null && tracked.persistent && entry.inUse()) {
            tracked.givenUp |= !tracked.inconsistent;
            tracked.inconsistent = true;
          }
        }
      }
    }
  }

  /** A job has ended and everything is at rest. */
  void afterJob(Act act, SimJobs.Ended ended, List<Faults.Fired> fired) {
    GraphModel now = engine.runtime().model();
    boolean quiet = fired.isEmpty() && act.hurry() == 0 && undisturbed();
    if (quiet) {
      if (!leftovers(ended.before()).containsAll(leftovers(now))) {
        world.violated("something of a job is left in the graph: " + act.step());
      }
      if (!ended.started() && !same(now, ended.before())) {
        world.violated("a job that was refused left another graph: " + act.step());
      }
      if (ended.error() != null && !REFUSALS.contains(ended.error().code())) {
        world.violated("failed although nothing was wrong: " + act.step() + ": " + ended.error());
      }
    }
    for (Faults.Fired f : fired) {
      boolean fails = f.kind() != Faults.Kind.SLOW && f.kind() != Faults.Kind.LATE;
      if (ended.error() == null && f.job() && fails && FALLIBLE.contains(f.call())) {
        world.violated("a job succeeded, although " + f + " in " + act.step());
      }
    }
  }

  /** What only jobs have in the graph. */
  private static Set<String> leftovers(GraphModel model) {
    Set<String> names = new HashSet<>();
    model.devices().values().stream()
        .filter(DeviceSpec::fixed)
        .forEach(device -> names.add("device " + device.name()));
    model.nodes().values().stream()
        .filter(NodeSpec::hidden)
        .forEach(node -> names.add("node " + node.name()));
    return names;
  }

  private boolean undisturbed() {
    return deaths.died().isEmpty() && !failed() && !untold();
  }

  /** Success for a node that became writable means that its stored bitmaps are marked durably. */
  private void armed(Result result) {
    for (String image : world.images()) {
      NodeSpec old = result.before().nodes().get(image);
      NodeSpec next = result.changed().after().nodes().get(image);
      boolean gained = next != null && next.writable() && (old == null || !old.writable());
      if (gained && engine.runtime().nodes().get(image).failure() == null) {
        for (SimImage.Entry entry : SimImage.durableEntries(world.diskOf(image))) {
          if (!entry.inUse()) {
            world.violated("'" + image + "' is writable and bitmap '" + entry.name() + "' valid");
          }
        }
      }
    }
  }

  private static boolean same(GraphModel a, GraphModel b) {
    return a.nodes().equals(b.nodes()) && a.devices().equals(b.devices());
  }

  /** What failed, other than a guest's own request, was told to whoever asked. */
  private void failuresReached(Act act, Result result, List<Faults.Fired> fired) {
    for (Faults.Fired f : fired) {
      boolean fails = f.kind() != Faults.Kind.SLOW && f.kind() != Faults.Kind.LATE;
      boolean tooLate = f.kind() == Faults.Kind.LATE_REFUSE && f.call().equals("close");
      if (!fails || tooLate || f.guest() || !FALLIBLE.contains(f.call())) {
        continue;
      }
      // Where only a journal asked for it, the history is given up aloud instead.
      if (journals != null && journals.lost() > 0 && f.call().equals("directory")) {
        continue;
      }
      boolean told = result.changed() != null && !result.changed().afterwards().isEmpty();
      if (!told) {
        world.violated("success, although " + f + " in " + act.step());
      }
    }
  }

  /** Nothing is under way: nothing is held, staged or left behind, and memory knows everything. */
  void atRest() {
    GraphModel model = engine.runtime().model();
    if (!engine.runtime().nodes().keySet().equals(model.nodes().keySet())) {
      world.violated(
          "open are "
              + engine.runtime().nodes().keySet()
              + ", the graph has "
              + model.nodes().keySet());
      return;
    }
    if (!engine.runtime().devices().keySet().equals(model.devices().keySet())) {
      world.violated("attached are " + engine.runtime().devices().keySet());
    }
    Set<String> failed = engine.runtime().failed();
    Set<SimNode> drivers = new HashSet<>();
    for (NodeSpec spec : model.nodes().values()) {
      NodeHandle handle = engine.runtime().nodes().get(spec.name());
      if (failed.contains(spec.name())) {
        continue;
      }
      if (!spec.active()) {
        inactive(spec, handle);
      } else if (handle.core().driver() instanceof SimNode driver) {
        drivers.add(driver);
        node(spec, handle, driver);
      }
    }
    for (SimNode node : world.open()) {
      if (!drivers.contains(node)) {
        world.violated("node '" + node.name + "' was left open");
      }
    }
    if (world.openSteps() != 0) {
      world.violated(world.openSteps() + " steps were neither committed nor aborted");
    }
    if (journals != null) {
      journals.atRest(writableDisks(model));
    }
    Set<String> lost = model.devicesReaching(failed);
    for (DeviceCore device : engine.runtime().devices().values()) {
      if (!lost.contains(device.name()) && !device.gate().isOpen()) {
        world.violated("the gate of device '" + device.name() + "' stayed closed");
      }
    }
  }

  private Set<String> writableDisks(GraphModel model) {
    Set<String> disks = new HashSet<>();
    for (String image : world.images()) {
      NodeSpec spec = model.nodes().get(image);
      boolean said = spec != null && engine.runtime().nodes().get(image).failure() != null;
      if (spec != null && (spec.writable() || said || untold())) {
        disks.add(world.diskOf(image).name);
      }
    }
    return disks;
  }

  private void node(NodeSpec spec, NodeHandle handle, SimNode driver) {
    String name = spec.name();
    if (!spec.equals(handle.core().spec())) {
      world.violated("node '" + name + "' is not what the graph says");
    }
    if (driver.readOnly != spec.nodeOptions().readOnly()) {
      world.violated("the driver of node '" + name + "' has read-only=" + driver.readOnly);
    }
    Map<String, String> children = new LinkedHashMap<>();
    driver.children.forEach((role, child) -> children.put(role, child.nodeName()));
    if (!children.equals(spec.children())) {
      world.violated("the driver of node '" + name + "' has children " + children);
    }
    if (driver.drains() != 0) {
      world.violated("node '" + name + "' is still being drained");
    }
    boolean overFailed =
        !java.util.Collections.disjoint(
            engine.runtime().model().reachable(Set.of(name)), engine.runtime().failed());
    if (!overFailed && !handle.core().background().isOpen()) {
      world.violated("the background work of node '" + name + "' is still held");
    }
    Truth truth = world.truth(name);
    if (truth != null) {
      bitmaps(name, truth, handle);
    }
  }

  /** Another program may have the image: nothing is open, and what it keeps is not in memory. */
  private void inactive(NodeSpec spec, NodeHandle handle) {
    String name = spec.name();
    if (handle.core().driver() instanceof SimNode) {
      world.violated("node '" + name + "' is inactive and open");
    }
    Truth truth = world.truth(name);
    if (truth == null) {
      return;
    }
    List<SimImage.Entry> stored = SimImage.presentEntries(world.diskOf(name));
    for (Tracked tracked : truth.bitmaps().values()) {
      Optional<BitmapState> kept =
          handle.core().bitmaps().recording().generation().find(tracked.name);
      if (kept.isPresent() == tracked.persistent) {
        world.violated("bitmap '" + tracked.name + "' of inactive '" + name + "' is " + kept);
      }
      if (tracked.persistent) {
        stored.stream()
            .filter(entry -> entry.name().equals(tracked.name))
            .findFirst()
            .ifPresentOrElse(
                entry -> stored(name, tracked, entry),
                () -> world.violated("inactive '" + name + "' has no '" + tracked.name + "'"));
      }
    }
  }

  private void stored(String image, Tracked tracked, SimImage.Entry entry) {
    if (entry.inUse() && !tracked.inconsistent) {
      world.violated("bitmap '" + entry + "' of inactive '" + image + "' cannot be used");
    }
    for (int granule = 0; granule < SimImage.GRANULES; granule++) {
      if (!tracked.inconsistent && !tracked.required(granule).isEmpty() && !entry.dirty(granule)) {
        world.violated("inactive '" + image + "' shows granule " + granule + " as clean: " + entry);
      }
    }
  }

  private void bitmaps(String node, Truth truth, NodeHandle handle) {
    for (Tracked tracked : truth.bitmaps().values()) {
      Optional<BitmapState> found =
          handle.core().bitmaps().recording().generation().find(tracked.name);
      if (found.isEmpty()) {
        world.violated("bitmap '" + tracked.name + "' of node '" + node + "' is lost");
        continue;
      }
      BitmapState bitmap = found.get();
      if (bitmap.inconsistent() != tracked.inconsistent) {
        world.violated("bitmap '" + tracked.name + "' of '" + node + "' became inconsistent");
      } else if (!tracked.inconsistent && bitmap.enabled() != tracked.enabled) {
        world.violated("bitmap '" + tracked.name + "' of '" + node + "' changed its state");
      }
      covers(node, tracked, bitmap);
    }
  }

  private void covers(String node, Tracked tracked, BitmapState bitmap) {
    if (tracked.inconsistent) {
      return;
    }
    for (int granule = 0; granule < SimImage.GRANULES; granule++) {
      if (!tracked.required(granule).isEmpty() && !dirty(bitmap, granule)) {
        world.violated(
            "bitmap '"
                + tracked.name
                + "' of '"
                + node
                + "' shows granule "
                + granule
                + " as clean, which writes "
                + tracked.required(granule)
                + " changed");
      }
    }
  }

  private static boolean dirty(BitmapState bitmap, int granule) {
    long offset = (long) granule * SimImage.GRANULE;
    if (offset >= bitmap.tree().length()) {
      return true;
    }
    return bitmap.tree().isSet(offset)
        || bitmap.successor().map(tree -> tree.isSet(offset)).orElse(false);
  }

  /** A guest's write has ended, well or not: the bitmaps know it before the guest does. */
  void afterWrite(DeviceCore device) {
    for (String image : world.images()) {
      NodeHandle handle = engine.runtime().nodes().get(image);
      boolean served = handle != null && handle.failure() == null && handle.core().spec().active();
      if (served && !world.truth(image).commanded) {
        for (Tracked tracked : world.truth(image).bitmaps().values()) {
          handle
              .core()
              .bitmaps()
              .recording()
              .generation()
              .find(tracked.name)
              .ifPresent(bitmap -> covers(image, tracked, bitmap));
        }
      }
    }
  }

  /** A guest may be refused for what is wrong with its request, its node or the storage. */
  void guestRefused(DeviceCore device, Request request, BlockException error) {
    switch (error.code()) {
      case READ_ONLY, INVALID_REQUEST, CLOSED, IO_ERROR, NO_SPACE, NODE_INACTIVE -> {}
      case DRIVER_FAILED -> {
        if (!String.valueOf(error.getMessage()).contains("injected")) {
          world.violated("a guest got " + error);
        }
      }
      default -> {
        if (!failed() && deaths.died().isEmpty()) {
          world.violated("a guest got " + error);
        }
      }
    }
  }

  private static boolean armed(NodeHandle handle, BitmapState bitmap) {
    return handle.core().bitmaps().infos().stream()
        .anyMatch(info -> info.name().equals(bitmap.name()) && info.armed());
  }

  private boolean standsOnFailed(String image) {
    return !java.util.Collections.disjoint(
        engine.runtime().model().reachable(Set.of(image)), engine.runtime().failed());
  }

  /**
   * Whether a read-only node has bitmaps that its image calls IN_USE since a change was given up
   * under a failing disk: it is not closed before a reopen has mended that.
   */
  boolean untold() {
    return engine.runtime().nodes().values().stream()
        .filter(handle -> handle.failure() == null)
        .filter(handle -> handle.core().spec().nodeOptions().readOnly())
        .flatMap(handle -> handle.core().bitmaps().infos().stream())
        .anyMatch(info -> info.persistent() && info.armed() && !info.inconsistent());
  }

  /** What memory says of the persistent bitmaps of every open image, by image. */
  Map<String, List<SimImage.Entry>> memory() {
    Map<String, List<SimImage.Entry>> all = new LinkedHashMap<>();
    for (String image : world.images()) {
      NodeHandle handle = engine.runtime().nodes().get(image);
      if (handle == null || handle.failure() != null || standsOnFailed(image)) {
        continue; // It could not be stored; whoever took it out was told.
      }
      if (!handle.core().spec().active()) {
        all.put(image, SimImage.durableEntries(world.diskOf(image)));
        continue;
      }
      List<SimImage.Entry> entries = new ArrayList<>();
      for (BitmapState bitmap : handle.core().bitmaps().recording().generation().bitmaps()) {
        long bits = 0;
        for (int granule = 0; granule < SimImage.GRANULES; granule++) {
          long offset = (long) granule * SimImage.GRANULE;
          if (offset < bitmap.tree().length() && dirty(bitmap, granule)) {
            bits |= 1L << granule;
          }
        }
        if (bitmap.persistent()) {
          // A read-only node cannot mend what a failed change left in its image.
          boolean untold = handle.core().spec().nodeOptions().readOnly() && armed(handle, bitmap);
          entries.add(
              new SimImage.Entry(
                  bitmap.name(), bitmap.inconsistent() || untold, bitmap.enabled(), bits));
        }
      }
      all.put(image, entries);
    }
    return all;
  }

  /** The images say what memory said, and say it for certain. */
  void stored(Map<String, List<SimImage.Entry>> memory) {
    memory.forEach(
        (image, wanted) -> {
          List<SimImage.Entry> found = SimImage.durableEntries(world.diskOf(image));
          for (SimImage.Entry entry : wanted) {
            boolean good =
                found.stream()
                    .anyMatch(
                        f ->
                            f.equals(entry)
                                || (entry.inUse()
                                    && f.name().equals(entry.name())
                                    && (f.inUse() || f.equals(entry.flagged(false)))));
            if (!good) {
              world.violated("image '" + image + "' was left with " + found + ", not " + entry);
            }
          }
          if (found.size() != wanted.size()) {
            world.violated("image '" + image + "' was left with " + found + ", not " + wanted);
          }
        });
  }
}
