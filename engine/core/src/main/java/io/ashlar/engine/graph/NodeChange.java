package io.ashlar.engine.graph;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.DirectoryFinish;
import io.ashlar.engine.graph.NodeCommand.Prepared;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.Texts;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One node's part in one change. It outlives the node's actor: commit and abort are idempotent, may
 * be begun by the actor or, when that is dead, by whoever carries the change out, and everybody
 * hears the same end. The transaction asks for one thing at a time; aborts wait until the call that
 * is inside the driver has returned, so that what answers late is undone too.
 */
public final class NodeChange {
  /** How the directory of the node's bitmaps is asked. */
  public interface Directory {
    /** The directory of a node whose actors are dead. */
    Directory DEAD =
        message ->
            CompletableFuture.failedFuture(
                new BlockException(ErrorCode.NODE_FAILED, "the node's actor is gone"));

    /** Its answer; fails with NODE_FAILED when it dies meanwhile. */
    CompletionStage<Done> ask(Function<ActorRef<StatusReply<Done>>, BitmapCommand> message);
  }

  /** What a change does to writing. */
  public enum Writing {
    STAYS,
    LOST,
    GAINED
  }

  /**
   * Who is inside, and whether nobody may come any more.
   *
   * @param inside done when the last call has returned
   */
  private record Door(CompletableFuture<?> inside, boolean shut) {}

  private static final Done DONE = Done.getInstance();

  private final NodeCore core;
  private final NodeSpec next;
  private final Permissions permissions;
  private final Writing writing;
  private final Decision decision;
  private final NodeServices services;
  private final AtomicReference<Door> door =
      new AtomicReference<>(new Door(CompletableFuture.completedFuture(DONE), false));
  private final Once committed = new Once();
  private final Map<ReopenPass, Once> aborted =
      Map.of(ReopenPass.DOWN, new Once(), ReopenPass.UP, new Once());
  private final Map<ReopenPass, AtomicReference<ReopenStep>> steps =
      Map.of(
          ReopenPass.DOWN, new AtomicReference<>(),
          ReopenPass.UP, new AtomicReference<>());
  private volatile BitmapStore armedThrough;
  private volatile boolean activated;
  private volatile boolean sealed;

  /**
   * A node's part.
   *
   * @param next the node as it shall be, or {@code null} when it is to be closed
   * @param permissions what its users will use and share
   */
  public NodeChange(
      NodeCore core,
      NodeSpec next,
      Permissions permissions,
      Writing writing,
      Decision decision,
      NodeServices services) {
    this.core = core;
    this.next = next;
    this.permissions = permissions;
    this.writing = writing;
    this.decision = decision;
    this.services = services;
  }

  /** Whether a call of prepare or open is inside the driver or on its way there. */
  public boolean inside() {
    return !door.get().inside().isDone();
  }

  /** Opens a new node and loads its bitmaps. */
  CompletionStage<NodeCore> open(Map<String, Edge> children, Directory directory) {
    NodeOpenContext context =
        new NodeOpenContext(next, permissions, children, core.background(), services);
    return enter(
        () ->
            DriverCalls.on(
                    services,
                    "open",
                    next,
                    () -> {
                      core.opening(children);
                      BlockNode node = next.driver().open(context);
                      core.opened(node, next, children);
                      return node;
                    })
                .thenCompose(node -> load(node, directory))
                .thenApply(done -> core));
  }

  private CompletionStage<Done> load(BlockNode node, Directory directory) {
    BitmapStore store = node instanceof BitmapStore capable ? capable : null;
    boolean writable = !next.nodeOptions().readOnly();
    return directory.ask(
        replyTo ->
            new BitmapCommand.Load(store, node::makeDurable, writable, node.length(), replyTo));
  }

  /** One pass of prepare. */
  CompletionStage<Prepared> prepare(
      ReopenPass pass, Map<String, Edge> children, Directory directory) {
    return switch (pass) {
      case DOWN -> enter(() -> prepareDown(children, directory));
      case UP -> enter(() -> prepareUp(children, directory));
    };
  }

  /** The bitmaps first: storing them writes through the driver, whose own debts come after. */
  private CompletionStage<Prepared> prepareDown(Map<String, Edge> children, Directory directory) {
    CompletionStage<Done> stored = CompletableFuture.completedFuture(DONE);
    if (writing == Writing.LOST) {
      sealed = true;
      stored = directory.ask(replyTo -> new BitmapCommand.Seal(true, replyTo));
    }
    return stored.thenCompose(
        done ->
            DriverCalls.on(
                services,
                "prepare to lose",
                core.spec(),
                () -> {
                  requireUndecided();
                  if (next == null) {
                    requireTrueImage();
                  }
                  if (!core.spec().nodeOptions().readOnly()) {
                    core.flush();
                  }
                  if (next != null && !Replacement.is(core, next)) {
                    stage(ReopenPass.DOWN, children);
                  }
                  return new Prepared(core);
                }));
  }

  /**
   * A read-only node whose image says IN_USE, since a change was given up that could not tell it
   * otherwise, would lose its bitmaps by being closed.
   */
  private void requireTrueImage() {
    if (!core.spec().nodeOptions().readOnly()) {
      return;
    }
    for (BitmapInfo bitmap : core.bitmaps().infos()) {
      if (bitmap.persistent() && bitmap.armed() && !bitmap.inconsistent()) {
        throw new BlockException(
            ErrorCode.BITMAP_READ_ONLY,
            "bitmap '"
                + Texts.printable(bitmap.name())
                + "' of the read-only node '"
                + core.name()
                + "' is marked IN_USE in the image and would be lost; reopen the node read-write,"
                + " then remove it");
      }
    }
  }

  private CompletionStage<Prepared> prepareUp(Map<String, Edge> children, Directory directory) {
    return DriverCalls.on(
            services,
            "prepare to reopen",
            next,
            () -> {
              BlockNode staged = stage(ReopenPass.UP, children).staged();
              core.staged(new NodeCore.Staged(staged, children));
              return staged;
            })
        .thenCompose(
            staged -> {
              if (Replacement.is(core, next) && next.active()) {
                requireUndecided();
                activated = true;
                armedThrough = staged instanceof BitmapStore store ? store : null;
                return directory
                    .ask(
                        replyTo ->
                            new BitmapCommand.Activate(
                                armedThrough,
                                staged::makeDurable,
                                next.writable(),
                                staged.length(),
                                replyTo))
                    .thenApply(done -> new Prepared(staged));
              }
              if (writing == Writing.GAINED && staged instanceof BitmapStore store) {
                requireUndecided();
                armedThrough = store;
                return services
                    .rules()
                    .arm(
                        core.name(),
                        () ->
                            directory.ask(replyTo -> new BitmapCommand.ArmThrough(store, replyTo)))
                    .thenApply(done -> new Prepared(staged));
              }
              return CompletableFuture.completedFuture(new Prepared(staged));
            });
  }

  private ReopenStep stage(ReopenPass pass, Map<String, Edge> children) {
    ReopenStep step =
        Replacement.is(core, next)
            ? Replacement.open(core, next, permissions, children, services)
            : core.driver()
                .prepareReopen(new NodeReopenContext(pass, next, permissions, children, services));
    steps.get(pass).set(step);
    return step;
  }

  /** The decision was to commit; the driver's error, which breaks its contract, comes through. */
  public CompletionStage<Done> commit(Directory directory) {
    return committed.run(() -> services.rules().commit(core.name(), () -> committing(directory)));
  }

  private CompletionStage<Done> committing(Directory directory) {
    return DriverCalls.on(services, "commit", next, this::commitSteps)
        .handle((done, error) -> became(directory).handle((d, e) -> over(error, e)))
        .thenCompose(Function.identity());
  }

  private Done over(Throwable first, Throwable second) {
    core.staged(null);
    return rethrow(first, second);
  }

  private Done commitSteps() {
    try {
      commitStep(ReopenPass.DOWN);
    } finally {
      try {
        commitStep(ReopenPass.UP);
      } finally {
        core.become(next);
      }
    }
    return DONE;
  }

  private void commitStep(ReopenPass pass) {
    ReopenStep step = steps.get(pass).get();
    if (step != null) {
      step.commit();
    }
  }

  private CompletionStage<Done> became(Directory directory) {
    boolean writable = next.writable();
    if (!next.active()) {
      return orSelf(
          directory.ask(BitmapCommand.Inactivated::new),
          () -> DirectoryFinish.inactivated(core.name(), core.bitmaps()));
    }
    return orSelf(
        directory.ask(replyTo -> new BitmapCommand.Became(writable, replyTo)),
        () -> DirectoryFinish.became(core.name(), core.bitmaps(), writable));
  }

  /**
   * The decision was to abort: undoes one pass, after the call that may still be inside has
   * returned. The driver's error, which breaks its contract, comes through.
   */
  public CompletionStage<Done> abort(ReopenPass pass, Directory directory) {
    return aborted
        .get(pass)
        .run(
            () ->
                shut()
                    .handle((done, late) -> undo(pass, directory))
                    .thenCompose(Function.identity()));
  }

  private CompletionStage<Done> undo(ReopenPass pass, Directory directory) {
    return switch (pass) {
      case UP ->
          disarm(directory)
              .handle((done, error) -> abortStep(pass).handle((d, e) -> over(error, e)))
              .thenCompose(Function.identity());
      case DOWN ->
          abortStep(pass)
              .handle((done, error) -> resume(directory).handle((d, e) -> rethrow(error, e)))
              .thenCompose(Function.identity());
    };
  }

  private CompletionStage<Done> abortStep(ReopenPass pass) {
    ReopenStep step = steps.get(pass).get();
    if (step == null) {
      return CompletableFuture.completedFuture(DONE);
    }
    return DriverCalls.on(
        services,
        "abort",
        core.spec(),
        () -> {
          step.abort();
          return DONE;
        });
  }

  private CompletionStage<Done> disarm(Directory directory) {
    BitmapStore through = armedThrough;
    if (activated) {
      return ifAlive(
          directory.ask(replyTo -> new BitmapCommand.StaysInactive(through, replyTo)),
          () -> DirectoryFinish.staysInactive(core.name(), core.bitmaps(), through));
    }
    if (through == null) {
      return CompletableFuture.completedFuture(DONE);
    }
    return ifAlive(
        directory.ask(replyTo -> new BitmapCommand.DisarmThrough(through, replyTo)),
        () -> DirectoryFinish.disarm(core.name(), core.bitmaps(), through));
  }

  private CompletionStage<Done> resume(Directory directory) {
    if (!sealed) {
      return CompletableFuture.completedFuture(DONE);
    }
    return orSelf(
        directory.ask(BitmapCommand.GaveUp::new), () -> DirectoryFinish.gaveUp(core.bitmaps()));
  }

  /** Closes a node that was opened, or is still being opened, by a change that was given up. */
  public CompletionStage<Done> closeOpened() {
    return shut().handle((done, late) -> core.close()).thenCompose(Function.identity());
  }

  /** The same for what may fail for other reasons, which are told. */
  private CompletionStage<Done> ifAlive(CompletionStage<Done> asked, Runnable self) {
    return asked
        .handle(
            (done, error) ->
                error != null && Asks.cause(error) instanceof BlockException e && !dead(e)
                    ? CompletableFuture.<Done>failedFuture(e)
                    : orSelf(asked, self))
        .thenCompose(Function.identity());
  }

  private static boolean dead(BlockException e) {
    return e.code() == ErrorCode.NODE_FAILED || e.code() == ErrorCode.CLOSED;
  }

  /** What the directory cannot do any more is done here; both are idempotent. */
  private CompletionStage<Done> orSelf(CompletionStage<Done> asked, Runnable self) {
    return asked
        .handle(
            (done, error) ->
                error == null
                    ? CompletableFuture.<Done>completedFuture(done)
                    : DriverCalls.on(
                        services,
                        "the end of a change",
                        core.spec(),
                        () -> {
                          self.run();
                          return DONE;
                        }))
        .thenCompose(Function.identity());
  }

  private <T> CompletionStage<T> enter(Supplier<CompletionStage<T>> call) {
    CompletableFuture<T> mine = new CompletableFuture<>();
    Door before;
    do {
      before = door.get();
      if (before.shut()) {
        return CompletableFuture.failedFuture(givenUp());
      }
    } while (!door.compareAndSet(before, new Door(mine, false)));
    CompletionStage<T> stage;
    try {
      requireUndecided();
      stage = call.get();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      stage = CompletableFuture.failedFuture(e);
    }
    stage.whenComplete(
        (value, error) -> {
          if (error == null) {
            mine.complete(value);
          } else {
            mine.completeExceptionally(Asks.cause(error));
          }
        });
    return mine;
  }

  /** Nobody comes in any more; the call that is inside. */
  private CompletionStage<?> shut() {
    return services
        .rules()
        .late(core.name(), door.updateAndGet(now -> new Door(now.inside(), true)).inside());
  }

  private void requireUndecided() {
    if (decision.outcome() != Decision.Outcome.UNDECIDED) {
      throw givenUp();
    }
  }

  private BlockException givenUp() {
    return new BlockException(
        ErrorCode.CANCELLED, "the change of node '" + core.name() + "' was given up");
  }

  private static Done rethrow(Throwable first, Throwable second) {
    Throwable error = first == null ? second : first;
    if (error == null) {
      return DONE;
    }
    if (first != null && second != null && first != second) {
      first.addSuppressed(second);
    }
    Throwable cause = Asks.cause(error);
    if (cause instanceof BlockException known) {
      throw known;
    }
    throw new BlockException(ErrorCode.INTERNAL, "unexpected failure: " + cause, cause);
  }
}
