package io.ashlar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.AskPattern;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.BitmapDirectory;
import io.ashlar.engine.graph.NodeChange.Writing;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.Options;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.SpiLevel;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.system.SystemClock;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The order in which a node that loses writing, or gains it, calls its driver. The bitmaps come
 * before the node's flush: storing them writes through the driver, and what it wrote has to be
 * covered by the flush and settled by the driver's own prepare.
 */
class SealOrderTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ActorTestKit kit = ActorTestKit.create();
  private final ExecutorService drivers = Executors.newCachedThreadPool();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final NodeServices services =
      new NodeServices(
          SystemWaits.INSTANCE,
          SystemClock.INSTANCE,
          null,
          new SharedObjects(SystemWaits.INSTANCE),
          drivers,
          false,
          (node, event) -> {});
  private final NodeCore core = NodeCore.create("disk", services);
  private final ActorRef<BitmapCommand> directory =
      kit.spawn(BitmapDirectory.create("disk", core.bitmaps(), SystemWaits.INSTANCE, drivers));
  private final NodeChange.Directory asked =
      message ->
          AskPattern.askWithStatus(directory, message::apply, PATIENCE, kit.system().scheduler());

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
    drivers.shutdown();
  }

  @Test
  void bitmapsAreStoredAndPublishedBeforeTheNodeIsFlushedAndTheDriverPrepares() {
    NodeSpec writable = spec(false);
    change(writable, Writing.GAINED).open(Map.of(), asked).toCompletableFuture().join();
    core.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
    calls.clear();

    NodeChange lose = change(spec(true), Writing.LOST);
    lose.prepare(ReopenPass.DOWN, Map.of(), asked).toCompletableFuture().join();
    assertThat(calls).containsExactly("stage", "publish", "flush", "prepare DOWN");
    lose.prepare(ReopenPass.UP, Map.of(), asked).toCompletableFuture().join();
    lose.commit(asked).toCompletableFuture().join();
    assertThat(calls)
        .containsExactly(
            "stage", "publish", "flush", "prepare DOWN", "prepare UP", "commit", "commit");
    calls.clear();

    NodeChange gain = change(writable, Writing.GAINED);
    gain.prepare(ReopenPass.UP, Map.of(), asked).toCompletableFuture().join();
    assertThat(calls).containsExactly("prepare UP", "arm");
    gain.commit(asked).toCompletableFuture().join();
    calls.clear();
    core.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
    assertThat(calls).containsExactly("write");
  }

  @Test
  void theFirstWriteOfASealedNodeArmsBeforeTheDriverIsCalled() {
    change(spec(false), Writing.GAINED).open(Map.of(), asked).toCompletableFuture().join();
    NodeChange lose = change(spec(true), Writing.LOST);
    lose.prepare(ReopenPass.DOWN, Map.of(), asked).toCompletableFuture().join();
    lose.abort(ReopenPass.DOWN, asked).toCompletableFuture().join();
    calls.clear();
    core.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
    core.write(0, ByteBuffer.allocate(512), IoFlags.NONE);
    assertThat(calls).containsExactly("arm", "write", "write");
  }

  private NodeChange change(NodeSpec next, Writing writing) {
    return new NodeChange(core, next, Permissions.NONE, writing, new Decision(), services);
  }

  private NodeSpec spec(boolean readOnly) {
    return new NodeSpec(
        "disk",
        new Driver(),
        NodeOptions.DEFAULTS.withReadOnly(readOnly),
        Options.none(),
        Map.of(),
        Set.of(),
        Set.of(),
        StatedOptions.NONE,
        false);
  }

  private final class Driver implements BlockDriver {
    @Override
    public String name() {
      return "recording";
    }

    @Override
    public int apiLevel() {
      return SpiLevel.CURRENT;
    }

    @Override
    public OptionSchema options() {
      return OptionSchema.of();
    }

    @Override
    public BlockNode open(OpenContext context) {
      return new Node();
    }
  }

  /** A disk with one stored bitmap that notes every call that changes or settles something. */
  private final class Node implements BlockNode, BitmapStore, ReopenStep {
    private boolean inUse;

    @Override
    public List<StoredBitmap> directory() {
      return List.of(new StoredBitmap(0, "b", 65536, inUse, true, null));
    }

    @Override
    public void load(StoredBitmap bitmap, BitmapSink sink) {}

    @Override
    public void arm() {
      calls.add("arm");
      inUse = true;
    }

    @Override
    public StagedDirectory stage(List<BitmapEntry> entries) {
      calls.add("stage");
      return new StagedDirectory() {
        @Override
        public void publish() {
          calls.add("publish");
          inUse = false;
        }

        @Override
        public void discard() {
          calls.add("discard");
        }
      };
    }

    @Override
    public void checkStorable(String name, long granularity, long length, int already) {}

    @Override
    public NodeTraits traits() {
      return NodeTraits.plain();
    }

    @Override
    public long length() {
      return 1 << 20;
    }

    @Override
    public void read(long offset, ByteBuffer target, int flags) {
      target.position(target.limit());
    }

    @Override
    public void write(long offset, ByteBuffer source, int flags) {
      calls.add("write");
    }

    @Override
    public void writeZeroes(long offset, long length, int flags) {
      calls.add("zero");
    }

    @Override
    public void discard(long offset, long length, int flags) {
      calls.add("discard");
    }

    @Override
    public void flush() {
      calls.add("flush");
    }

    @Override
    public BlockStatus status(long offset, long length) {
      return BlockStatus.data(length, offset);
    }

    @Override
    public ReopenStep prepareReopen(ReopenContext context) {
      calls.add("prepare " + context.pass());
      return this;
    }

    @Override
    public BlockNode staged() {
      return this;
    }

    @Override
    public void commit() {
      calls.add("commit");
    }

    @Override
    public void abort() {
      calls.add("abort");
    }

    @Override
    public void close() {}
  }
}
