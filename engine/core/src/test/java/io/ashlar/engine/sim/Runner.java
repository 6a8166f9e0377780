package io.ashlar.engine.sim;

import io.ashlar.engine.control.ExternalSnapshot;
import io.ashlar.engine.control.GraphAction;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.Resize;
import io.ashlar.engine.graph.Around;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.engine.graph.NodeHandle;
import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.model.Planner;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.engine.sim.History.Act;
import io.ashlar.engine.sim.History.Request;
import io.ashlar.engine.sim.Truth.Tracked;
import io.ashlar.engine.transaction.SetActive;
import io.ashlar.engine.transaction.Transaction;
import io.ashlar.spi.BlockException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** Carries a history out and holds the engine to its rules. */
public final class Runner {
  private static final int GRANULES = 16;
  private static final long HURRIED = TimeUnit.MINUTES.toNanos(3);

  /** What came of a step. */
  record Result(
      Step step,
      GraphModel before,
      GraphModel wanted,
      Changed changed,
      BlockException error,
      boolean mayBeRefused) {
    Result(Step step, GraphModel before, GraphModel wanted, Changed changed, BlockException error) {
      this(step, before, wanted, changed, error, false);
    }

    /** Whether the graph could become that; steps that are no changes of the graph count too. */
    boolean plannable() {
      return wanted != null && !mayBeRefused;
    }

    /** Something that only the moment of the change shows is against it. */
    Result refusable(boolean value) {
      return new Result(step, before, wanted, changed, error, value);
    }
  }

  private final Sim sim = Sim.INSTANCE;
  private final History history;
  private final Mutant mutant;
  private final boolean keepLog;
  private final World world;
  private final Deaths deaths = new Deaths(sim);
  private SimEngine engine;
  private Commands commands;
  private SimJobs jobs;

  /** Beside the images, or {@code null}. */
  private SimJournals journals;

  private Rules rules;
  private int guests;
  private int committed;
  private int refused;
  private final Set<String> succeeded = new HashSet<>();

  /** Of the last job. */
  private SimJobs.Ended jobEnd;

  private Runner(History history, Mutant mutant, boolean keepLog) {
    this.history = history;
    this.mutant = mutant;
    this.keepLog = keepLog;
    world = new World(sim, mutant);
  }

  /** Runs a history. */
  public static Outcome run(History history) {
    return run(history, Mutant.NONE);
  }

  /** Runs a history with a broken rule. */
  public static Outcome run(History history, Mutant mutant) {
    return new Runner(history, mutant, false).run();
  }

  /** Runs a history and keeps a log. */
  public static Outcome explain(History history, Mutant mutant) {
    return new Runner(history, mutant, true).run();
  }

  private Outcome run() {
    if (SimEngine.start(sim)) {
      // What Akka does once in its life is behind us when the runs begin that are compared.
      run(Histories.of(0, Histories.Trouble.JOURNAL));
    }
    sim.begin(history.seed());
    if (keepLog) {
      sim.keepLog();
    }
    boolean mortal = history.acts().stream().anyMatch(act -> !act.deaths().isEmpty());
    SimJournalPlugin.forget();
    if (history.journals()) {
      journals = new SimJournals(sim, world, 0);
    }
    engine = engine(mortal ? deaths : Around.NOTHING);
    serve();
    try {
      begin();
      for (Act act : history.acts()) {
        act(act);
      }
      if (sim.random().nextInt(4) == 0) {
        crash();
      }
      close();
    } catch (Exception | Error e) {
      world.violated("the run failed with " + e);
      if (keepLog) {
        for (StackTraceElement frame : e.getStackTrace()) {
          sim.note("  at " + frame);
        }
      }
    } finally {
      engine.stop();
      sim.end();
    }
    sim.failures().forEach(e -> world.violated("a task failed with " + e));
    return new Outcome(
        List.copyOf(world.violations()),
        sim.traceHash(),
        sim.steps(),
        committed,
        refused,
        Set.copyOf(succeeded),
        List.copyOf(sim.log()));
  }

  private SimEngine engine(Around around) {
    return new SimEngine(
        sim, around, mutant.rules(), journals == null ? null : journals.services());
  }

  private void serve() {
    commands = new Commands(world, engine);
    jobs = new SimJobs(sim, world, engine, commands.drivers());
    rules = new Rules(world, engine, deaths, journals);
  }

  private void begin() {
    SplittableRandom random = new SplittableRandom(history.seed() + 1);
    Map<String, Step.Node> nodes = new LinkedHashMap<>();
    history.graph().forEach(node -> collect(node, nodes));
    nodes.values().forEach(node -> disk(node, nodes, random));
    Result result = change("setup", model -> commands.initial(model, history), Set.of(), Cut.NONE);
    if (result.error() != null) {
      throw new AssertionError("the graph cannot be made", result.error());
    }
    sim.settle();
    rules.atRest();
  }

  private static void collect(Step.Node node, Map<String, Step.Node> into) {
    node.owned().values().forEach(child -> collect(child, into));
    into.put(node.name(), node);
  }

  private void disk(Step.Node node, Map<String, Step.Node> nodes, SplittableRandom random) {
    if (node.driver().equals("sim-file") && world.disk(node.name()) == null) {
      world.plain(node.name());
    } else if (node.driver().equals("sim-image")) {
      Step.Node below = node;
      while (!below.driver().equals("sim-file")) {
        below =
            below.owned().containsKey("file")
                ? below.owned().get("file")
                : nodes.get(below.named().get("file"));
      }
      world.image(node.name(), below.name(), GRANULES);
      Truth truth = world.truth(node.name());
      for (int i = random.nextInt(4); i-- > 0; ) {
        Tracked bitmap = new Tracked("b" + i, true, random.nextInt(4) != 0);
        bitmap.inconsistent = random.nextInt(8) == 0;
        truth.bitmaps().put(bitmap.name, bitmap);
        SimImage.put(
            world.diskOf(node.name()),
            new SimImage.Entry(
                bitmap.name, bitmap.inconsistent, bitmap.enabled, random.nextInt(256)));
      }
    }
  }

  private void act(Act act) {
    sim.note("ACT " + act);
    world.faults().plan(act.faults());
    deaths.plan(act.deaths());
    sim.hurry(act.hurry(), sim.nanoTime() + HURRIED);
    startGuests(act.guests());
    Result result = perform(act.step());
    sim.block(() -> guests == 0, sim.nanoTime() + TimeUnit.HOURS.toNanos(4), "the guests");
    if (guests != 0) {
      world.violated("guests still wait: " + sim.describe());
    }
    sim.settle();
    sim.hurry(0, 0);
    List<Faults.Fired> fired =
        world.faults().fired().stream()
            .filter(fault -> !fault.call().startsWith(SimJournals.CALL))
            .toList();
    world.faults().stop();
    deaths.stop();
    BlockException error = result == null ? jobEnd.error() : result.error();
    if (error == null) {
      succeeded.add(act.step().getClass().getSimpleName());
    }
    if (result == null) {
      rules.afterJob(act, jobEnd, fired);
      rules.atRest();
      return;
    }
    rules.afterStep(act, result, fired);
    rules.atRest();
    boolean retry = !fired.isEmpty() || act.hurry() > 0 || !deaths.died().isEmpty();
    if (result.error() != null && result.plannable() && retry && sim.random().nextBoolean()) {
      deaths.plan(List.of());
      sim.note("AGAIN");
      world.faults().plan(List.of());
      Result again = perform(act.step());
      sim.settle();
      rules.afterStep(new Act(act.step(), List.of(), List.of(), List.of(), 0), again, List.of());
      rules.atRest();
    }
  }

  /** What came of it; {@code null} for a job. */
  private Result perform(Step step) {
    Function<GraphModel, GraphModel> edit = commands.edit(step);
    if (edit != null) {
      makeDisks(step);
      if (step instanceof Step.Reopen reopen) {
        rules.orderMatters(edit, commands.edit(reopen.reversed()));
      }
      return change(step.getClass().getSimpleName(), edit, Set.of(), Cut.NONE);
    }
    if (step instanceof Step.Freeze s) {
      return ofBitmap(
          step,
          s.node(),
          () ->
              engine
                  .control()
                  .change(
                      "freeze",
                      model -> {
                        model.node(s.node());
                        return model;
                      },
                      Set.of(s.node()),
                      commands.freezing(s)));
    }
    if (step instanceof Step.Resize s) {
      return resize(s);
    }
    if (step instanceof Step.Together s) {
      return together(s);
    }
    if (step instanceof Step.Snapshot s) {
      GraphAction action = ExternalSnapshot.action(s.node(), s.overlay());
      boolean shorter = shorter(s.overlay(), s.node());
      return change("snapshot", action.edit(), action.touched(), action.cut()).refusable(shorter);
    }
    if (step instanceof Step.SetActive s) {
      return setActive(s);
    }
    if (step instanceof Step.Commit s) {
      jobEnd = jobs.commit(s);
      return null;
    }
    if (step instanceof Step.Backup s) {
      jobEnd = jobs.backup(s);
      return null;
    }
    if (step instanceof Step.Elsewhere s) {
      NodeSpec spec = engine.runtime().model().nodes().get(s.image());
      if (spec != null && !spec.active() && world.truth(s.image()) != null) {
        world.elsewhere(s.image(), s.granule());
      }
    }
    if (step instanceof Step.Idle || step instanceof Step.Elsewhere) {
      GraphModel model = engine.runtime().model();
      return new Result(step, model, model, null, null);
    }
    return ofBitmap(step, BitmapTruth.node(step), () -> commands.bitmaps(step));
  }

  private boolean shorter(String one, String other) {
    NodeHandle first = engine.runtime().nodes().get(one);
    NodeHandle second = engine.runtime().nodes().get(other);
    return first != null && second != null && first.core().length() < second.core().length();
  }

  private Result setActive(Step.SetActive s) {
    GraphModel model = engine.runtime().model();
    boolean held =
        model.nodes().containsKey(s.node())
            && model.reachable(Set.of(s.node())).stream()
                .map(world::truth)
                .filter(Objects::nonNull)
                .anyMatch(truth -> truth.bitmaps().values().stream().anyMatch(Tracked::held));
    Transaction transaction =
        Transaction.alone(engine.control(), new SetActive(s.node(), s.active()));
    Result result =
        change("set-active", new SetActive(s.node(), s.active())::edit, transaction::run);
    if (s.active() && result.error() != null) {
      sim.settle();
      rules.givenUp(result.before());
    }
    return result.refusable(held);
  }

  private void makeDisks(Step step) {
    if (step instanceof Step.Add add && world.truth(add.node().name()) == null) {
      Map<String, Step.Node> nodes = new LinkedHashMap<>();
      collect(add.node(), nodes);
      world.image(add.node().name(), add.node().owned().get("file").name(), GRANULES);
    }
  }

  private Result change(
      String what, Function<GraphModel, GraphModel> edit, Set<String> touched, Cut cut) {
    return change(what, edit, () -> engine.control().change(what, edit, touched, cut));
  }

  private Result change(
      String what, Function<GraphModel, GraphModel> edit, Supplier<CompletionStage<Changed>> send) {
    GraphModel before = engine.runtime().model();
    GraphModel wanted = null;
    long writes = world.engineWrites();
    try {
      wanted = edit.apply(before);
      new Planner(130).plan(before, wanted);
    } catch (BlockException e) {
      sim.note("cannot be planned: " + e.getMessage());
      wanted = null;
    }
    Changed changed = null;
    BlockException error = null;
    try {
      changed = engine.await(send.get());
      committed++;
    } catch (CompletionException e) {
      error = known(what, e);
      refused++;
    }
    if (wanted == null && world.engineWrites() != writes) {
      world.violated("a change that cannot be planned wrote: " + what);
    }
    sim.note("RESULT " + what + ": " + (error == null ? "done" : error.getMessage()));
    return new Result(null, before, wanted, changed, error);
  }

  private BlockException known(String what, CompletionException e) {
    if (e.getCause() instanceof BlockException known) {
      return known;
    }
    world.violated(what + " failed with " + e.getCause() + ", which is no BlockException");
    return new BlockException(io.ashlar.spi.ErrorCode.INTERNAL, what + " failed", e);
  }

  private Result resize(Step.Resize s) {
    BitmapTruth truth = new BitmapTruth(world.truth(s.node()), s);
    truth.begin();
    long before = length(s.node());
    Result result =
        change(
            "resize",
            Resize.edit(s.node()),
            Set.of(s.node()),
            new Resize(
                engine.control(),
                s.node(),
                (long) s.granules() * SimImage.GRANULE,
                io.ashlar.spi.Preallocation.OFF));
    sim.settle(); // What could not be undone may take effect after the answer.
    boolean done = length(s.node()) == (long) s.granules() * SimImage.GRANULE;
    truth.end(done);
    if (world.truth(s.node()) != null) { // Plain files of the simulation have one length.
      rules.lengthIsKnown(s, before, length(s.node()), result.error());
    }
    return new Result(s, result.before(), result.wanted(), result.changed(), result.error());
  }

  private long length(String node) {
    NodeHandle handle = engine.runtime().nodes().get(node);
    return handle == null ? -1 : handle.core().length();
  }

  private Result together(Step.Together s) {
    GraphModel model = engine.runtime().model();
    List<BitmapTruth> truths =
        s.actions().stream()
            .map(action -> new BitmapTruth(world.truth(BitmapTruth.node(action)), action))
            .toList();
    truths.forEach(BitmapTruth::begin);
    Changed changed = null;
    BlockException error = null;
    try {
      changed = engine.await(commands.together(s));
    } catch (CompletionException e) {
      error = known(s.toString(), e);
    }
    boolean done = error == null;
    truths.forEach(truth -> truth.end(done));
    sim.note("RESULT " + s + ": " + (done ? "done" : error.getMessage()));
    return new Result(s, model, model, changed, error);
  }

  private Result ofBitmap(Step step, String node, Supplier<CompletionStage<?>> send) {
    GraphModel model = engine.runtime().model();
    BitmapTruth truth = new BitmapTruth(world.truth(node), step);
    truth.begin();
    BlockException error = null;
    Object value = null;
    try {
      value = engine.await(send.get());
    } catch (CompletionException e) {
      error = known(step.toString(), e);
    }
    boolean done = error == null && !Boolean.FALSE.equals(value);
    truth.end(done);
    sim.note("RESULT " + step + ": " + (error == null ? value : error.getMessage()));
    return new Result(step, model, model, null, error);
  }

  private void startGuests(List<Request> requests) {
    Map<String, List<Request>> byDevice = new LinkedHashMap<>();
    requests.forEach(r -> byDevice.computeIfAbsent(r.device(), d -> new ArrayList<>()).add(r));
    byDevice.forEach(
        (name, list) -> {
          DeviceCore device = engine.runtime().devices().get(name);
          if (device != null) {
            guests++;
            sim.execute("guest " + name, () -> guest(device, list));
          }
        });
  }

  private void guest(DeviceCore device, List<Request> requests) {
    try {
      for (Request request : requests) {
        try {
          request(device, request);
        } catch (BlockException e) {
          sim.note("guest was refused: " + e.getMessage());
          rules.guestRefused(device, request, e);
        }
        world.maybePause();
      }
    } finally {
      guests--;
    }
  }

  private void request(DeviceCore device, Request request) {
    long offset = (long) request.granule() * SimImage.GRANULE;
    long length = (long) request.count() * SimImage.GRANULE;
    switch (request.kind()) {
      case 'w' -> {
        ByteBuffer content = world.content(request.count());
        try {
          device.write(offset, content, 0);
        } finally {
          rules.afterWrite(device);
        }
      }
      case 'z' -> device.writeZeroes(offset, length, 0);
      case 'd' -> device.discard(offset, length, 0);
      case 'r' -> device.read(offset, ByteBuffer.allocate((int) length), 0);
      default -> device.flush();
    }
  }

  /** The power fails while guests write; another engine opens what is left. */
  private void crash() {
    sim.note("CRASH");
    world.faults().plan(List.of());
    deaths.plan(List.of());
    engine.stop();
    sim.settle();
    world.crash();
    if (journals != null) {
      journals.crash();
    }
    engine = engine(Around.NOTHING);
    serve();
    Restart restart = new Restart(world, engine);
    for (String image : List.copyOf(world.images())) {
      boolean readOnly = sim.random().nextInt(4) == 0;
      Step.Node definition = Restart.definition(image, world.diskOf(image), readOnly);
      long writes = world.engineWrites();
      Result result =
          change("restart", commands.edit(new Step.Add(definition)), Set.of(), Cut.NONE);
      if (result.error() != null) {
        world.violated("image '" + image + "' cannot be opened after a crash: " + result.error());
        continue;
      }
      restart.loaded(image);
      if (readOnly && world.engineWrites() != writes) {
        world.violated("a read-only open of '" + image + "' wrote");
      }
      String device = "after-" + image;
      change(
          "attach", commands.edit(new Step.Attach(device, image, !readOnly)), Set.of(), Cut.NONE);
      startGuests(List.of(new Request(device, 'w', 1, 2), new Request(device, 'z', 3, 1)));
    }
    sim.block(() -> guests == 0, Sim.NEVER, "the guests");
    sim.settle();
    rules.atRest();
  }

  /** Everything is taken out of the graph; what images say then is what memory said. */
  private void close() {
    boolean failed = !engine.runtime().failed().isEmpty();
    boolean untold = rules.untold();
    Map<String, List<SimImage.Entry>> memory = rules.memory();
    Result result = change("close", model -> GraphModel.EMPTY, Set.of(), Cut.NONE);
    if (result.error() != null) {
      if (!failed
          && !untold) { // What lies above a failed node may have something to store through it.
        world.violated("closing failed: " + result.error());
      }
      return;
    }
    if (!failed && !result.changed().afterwards().isEmpty()) {
      world.violated("closing ended with " + result.changed().afterwards());
    }
    sim.settle();
    rules.atRest();
    rules.stored(memory);
  }
}
