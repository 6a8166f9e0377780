package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import akka.Done;
import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.AskPattern;
import akka.pattern.StatusReply;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A bitmap directory with a fake image, spoken to as the engine does. */
final class Rig implements AutoCloseable {
  static final String NODE = "disk0";
  static final long GRANULE = 65_536;
  static final long LENGTH = 64L << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final FakeStore store = new FakeStore();
  final NodeBitmaps bitmaps;
  private final ActorTestKit kit;
  private final ExecutorService drivers = Executors.newCachedThreadPool();
  private ActorRef<BitmapCommand> directory;

  Rig(ActorTestKit kit) {
    this(kit, LifecycleLog.NONE);
  }

  Rig(ActorTestKit kit, LifecycleLog log) {
    this.kit = kit;
    bitmaps =
        new NodeBitmaps(
            NODE, SystemWaits.INSTANCE, SystemClock.INSTANCE, log, CrashRules.SOUND, false);
    directory = kit.spawn(BitmapDirectory.create(NODE, bitmaps, SystemWaits.INSTANCE, drivers));
  }

  /** Another actor takes the place of the one that dies. */
  void replaceDirectory() {
    kit.stop(directory);
    directory = kit.spawn(BitmapDirectory.create(NODE, bitmaps, SystemWaits.INSTANCE, drivers));
  }

  <T> CompletableFuture<T> send(Function<ActorRef<StatusReply<T>>, BitmapCommand> message) {
    return AskPattern.<BitmapCommand, T>askWithStatus(
            directory, message::apply, PATIENCE, kit.system().scheduler())
        .toCompletableFuture();
  }

  <T> T ask(Function<ActorRef<StatusReply<T>>, BitmapCommand> message) {
    try {
      return send(message).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof BlockException known) {
        throw known;
      }
      throw e;
    }
  }

  <T> BlockException refused(
      ErrorCode code, Function<ActorRef<StatusReply<T>>, BitmapCommand> message) {
    Throwable thrown = catchThrowable(() -> ask(message));
    assertThat(thrown).isInstanceOf(BlockException.class);
    assertThat(((BlockException) thrown).code()).as(thrown.getMessage()).isEqualTo(code);
    return (BlockException) thrown;
  }

  Rig load(boolean writable) {
    store.writable = writable;
    this.<Done>ask(
        replyTo -> new BitmapCommand.Load(store, store::flush, writable, LENGTH, replyTo));
    return this;
  }

  Rig loadWithoutStore() {
    this.<Done>ask(replyTo -> new BitmapCommand.Load(null, () -> {}, true, LENGTH, replyTo));
    return this;
  }

  BitmapInfo add(String name, boolean persistent) {
    return ask(adding(name, new Bitmaps.Settings(GRANULE, persistent, false)));
  }

  static Function<ActorRef<StatusReply<BitmapInfo>>, BitmapCommand> adding(
      String name, Bitmaps.Settings settings) {
    return replyTo -> new BitmapCommand.Add(name, settings, GRANULE, replyTo);
  }

  boolean remove(String name) {
    return this.<Boolean>ask(replyTo -> new BitmapCommand.Remove(name, replyTo));
  }

  void clear(String name) {
    this.<Done>ask(replyTo -> new BitmapCommand.Clear(name, replyTo));
  }

  void enable(String name, boolean enabled) {
    this.<Done>ask(replyTo -> new BitmapCommand.SetEnabled(name, enabled, replyTo));
  }

  void merge(String target, List<BitTree> sources) {
    this.<Done>ask(replyTo -> new BitmapCommand.Merge(target, sources, List.of("n/s"), replyTo));
  }

  BitTree snapshot(String name) {
    return ask(replyTo -> new BitmapCommand.Snapshot(name, replyTo));
  }

  BitTree freeze(String name, boolean keeps) {
    return ask(replyTo -> new BitmapCommand.Freeze(name, "job 'b1'", keeps, replyTo));
  }

  void thaw(String name, boolean replace, BitTree uncopied) {
    this.<Done>ask(replyTo -> new BitmapCommand.Thaw(name, replace, uncopied, replyTo));
  }

  void hold(String name, String owner) {
    this.<Done>ask(replyTo -> new BitmapCommand.Hold(name, owner, replyTo));
  }

  void release(String name, String owner) {
    this.<Done>ask(replyTo -> new BitmapCommand.Release(name, owner, replyTo));
  }

  boolean sealIdle(Runnable flush) {
    return this.<Boolean>ask(replyTo -> new BitmapCommand.SealIdle(flush, replyTo));
  }

  void seal() {
    this.<Done>ask(BitmapCommand.Seal::new);
  }

  void became(boolean writable) {
    store.writable = writable;
    this.<Done>ask(replyTo -> new BitmapCommand.Became(writable, replyTo));
  }

  void armThrough(BitmapStore staged) {
    this.<Done>ask(replyTo -> new BitmapCommand.ArmThrough(staged, replyTo));
  }

  void disarmThrough(BitmapStore staged) {
    this.<Done>ask(replyTo -> new BitmapCommand.DisarmThrough(staged, replyTo));
  }

  List<BitmapInfo> describe() {
    return ask(BitmapCommand.Describe::new);
  }

  BitmapInfo info(String name) {
    return describe().stream().filter(i -> i.name().equals(name)).findFirst().orElse(null);
  }

  /** A guest's write that reaches its driver. */
  void write(long offset, long length) {
    write(offset, length, () -> {});
  }

  void write(long offset, long length, Runnable driver) {
    long token = bitmaps.recording().begin(offset, length);
    try {
      driver.run();
    } finally {
      bitmaps.recording().end(token, offset, length);
    }
  }

  @Override
  public void close() {
    kit.stop(directory);
    drivers.shutdown();
  }
}
