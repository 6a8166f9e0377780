package io.ashlar.engine.graph;

import akka.Done;
import io.ashlar.engine.admission.StripedGate;
import io.ashlar.engine.api.NodeStatistics;
import io.ashlar.engine.bitmap.NodeBitmaps;
import io.ashlar.engine.bitmap.bits.Recording;
import io.ashlar.engine.bitmap.heat.HeatStatistics;
import io.ashlar.engine.journal.ImageTime;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.engine.journal.NodeJournal;
import io.ashlar.engine.model.NodeSpec;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.DetectZeroes;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * A node on the data path: what edges and devices call. It refuses writes to a read-only node,
 * records writes in the node's bitmaps, counts, and calls the driver, all on the caller's thread.
 * Fields that a graph change sets are plain: they change only while every device above is quiesced,
 * and the gates publish them.
 */
public final class NodeCore implements BlockIo {
  private final String name;
  private final NodeBitmaps bitmaps;
  private final Recording recording;
  private final StripedGate background;
  private final NodeCounters counters = new NodeCounters();
  private final Outstanding outstanding = new Outstanding();
  private final Closing closing;
  private long changedBeforeOpen = ImageTime.UNKNOWN;

  /** What a change that is not carried out yet has staged here; null without one. */
  private volatile Staged staged;

  private BlockNode driver;
  private Map<String, Edge> edges = Map.of();
  private NodeSpec spec;
  private boolean readOnly;
  private int addedWriteFlags;
  private DetectZeroes detectZeroes = DetectZeroes.OFF;

  /** A node as it will be, and what will be below it. */
  record Staged(BlockNode driver, Map<String, Edge> edges) {}

  private NodeCore(String name, StripedGate background, NodeServices services) {
    this.name = name;
    this.closing = new Closing(this, services);
    this.bitmaps =
        new NodeBitmaps(
            name,
            services.waits(),
            services.clock(),
            log(services.journals()),
            services.crashRules(),
            true);
    this.recording = bitmaps.recording();
    this.background = background;
  }

  /** The core of a node that is about to be opened. */
  public static NodeCore create(String name, NodeServices services) {
    return new NodeCore(
        name,
        new StripedGate("background work of node '" + name + "'", services.waits()),
        services);
  }

  private LifecycleLog log(JournalServices journals) {
    return journals == null
        ? LifecycleLog.NONE
        : new NodeJournal(
            name, journals, () -> JournalPlaces.of(this, journals.beside()), new StorageTime());
  }

  /** When the storage under the image was changed. */
  private final class StorageTime implements ImageTime {
    @Override
    public long openedNanos() {
      return changedBeforeOpen;
    }

    @Override
    public long changedNanos() {
      return JournalPlaces.changedNanos(upcoming().edges());
    }
  }

  /** The driver is about to open the image over these children, and may change it. */
  void opening(Map<String, Edge> children) {
    changedBeforeOpen = JournalPlaces.changedNanos(children);
  }

  /** The driver's node is open. */
  void opened(BlockNode node, NodeSpec opened, Map<String, Edge> children) {
    driver = node;
    edges = children;
    become(opened);
  }

  /** Another stands in the place of the driver's node; no request is inside. */
  void replaced(BlockNode standIn) {
    driver = standIn;
  }

  /** A change has staged this, or is over and has not ({@code null}). */
  void staged(Staged next) {
    staged = next;
  }

  /** What a change that is not carried out yet has staged; else the node as it is. */
  Staged upcoming() {
    Staged next = staged;
    return next == null ? new Staged(driver, edges) : next;
  }

  /** The node has new options. */
  void become(NodeSpec next) {
    spec = next;
    readOnly = !next.writable();
    addedWriteFlags = next.nodeOptions().cache().writeback() ? 0 : IoFlags.FUA;
    detectZeroes = next.nodeOptions().detectZeroes();
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** What it is now. */
  public NodeSpec spec() {
    return spec;
  }

  /** The driver's node, for capabilities; the engine asks by {@code instanceof}. */
  public BlockNode driver() {
    return driver;
  }

  /** Its bitmaps. */
  public NodeBitmaps bitmaps() {
    return bitmaps;
  }

  /** Admission of the driver's own I/O. */
  public StripedGate background() {
    return background;
  }

  /** What the node's actors were asked and have not answered. */
  public Outstanding outstanding() {
    return outstanding;
  }

  /**
   * Closes the driver's node, once: whoever calls later gets the same result. The driver's error
   * comes through, and everything is released all the same.
   */
  public CompletionStage<Done> close() {
    return closing.run();
  }

  /** Whether the close has begun. */
  public boolean closing() {
    return closing.begun();
  }

  /** Grows with every request that may have changed data. */
  public long changes() {
    return counters.changes();
  }

  /** Its counters. */
  public NodeStatistics statistics() {
    return counters.snapshot(name, journalCost(bitmaps.heatStatistics()));
  }

  private static NodeStatistics.Journal journalCost(HeatStatistics heats) {
    return new NodeStatistics.Journal(
        heats.waitedNanos(),
        heats.waits(),
        heats.heated(),
        heats.preheated(),
        heats.captures(),
        heats.capturedBytes());
  }

  @Override
  public NodeTraits traits() {
    return driver.traits();
  }

  @Override
  public long length() {
    return driver.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    int length = target.remaining();
    try {
      driver.read(offset, target, flags);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("read", e);
    }
    counters.reads.increment();
    counters.readBytes.add(length);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    requireWritable(offset);
    int length = source.remaining();
    if (detectZeroes != DetectZeroes.OFF
        && (flags & IoFlags.COMPRESSED) == 0
        && Zeroes.only(source)) {
      int unmap = detectZeroes == DetectZeroes.UNMAP ? IoFlags.MAY_UNMAP : 0;
      writeZeroes(offset, length, flags | unmap);
      source.position(source.limit());
      return;
    }
    boolean recorded = (flags & IoFlags.UNCHANGED) == 0;
    long token = recorded ? recording.begin(offset, length) : 0;
    try {
      driver.write(offset, source, flags | addedWriteFlags);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("write", e);
    } finally {
      if (recorded) {
        recording.end(token, offset, length);
      }
    }
    counters.writes.increment();
    counters.writtenBytes.add(length);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    requireWritable(offset);
    boolean recorded = (flags & IoFlags.UNCHANGED) == 0;
    long token = recorded ? recording.begin(offset, length) : 0;
    try {
      driver.writeZeroes(offset, length, flags | addedWriteFlags);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("write zeroes", e);
    } finally {
      if (recorded) {
        recording.end(token, offset, length);
      }
    }
    counters.zeroRequests.increment();
  }

  @Override
  public void discard(long offset, long length, int flags) {
    requireWritable(offset);
    long token = recording.begin(offset, length);
    try {
      driver.discard(offset, length, flags);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("discard", e);
    } finally {
      recording.end(token, offset, length);
    }
    counters.discardRequests.increment();
  }

  @Override
  public void flush() {
    try {
      driver.flush();
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("flush", e);
    }
    counters.flushes.increment();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    try {
      return driver.status(offset, length);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("block status", e);
    }
  }

  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    requireWritable(-1);
    if (!driver.traits().operations().contains(Operation.TRUNCATE)) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED, "node '" + name + "' cannot change its length");
    }
    try {
      driver.truncate(newLength, preallocation);
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw failed("resize", e);
    }
  }

  private void requireWritable(long offset) {
    if (readOnly && !spec.active()) {
      throw InactiveNode.inactive(name);
    }
    if (readOnly) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "node '"
              + name
              + "' is read-only; a write at "
              + offset
              + " was refused. Reopen it with read-only=false to write");
    }
  }

  /** Counts a failure; what is no {@link BlockException} becomes one that names the driver. */
  private BlockException failed(String what, Throwable cause) {
    counters.failures.increment();
    return asBlockException(spec, what, cause);
  }

  /** What a driver threw, as the one exception of the engine. */
  static BlockException asBlockException(NodeSpec spec, String what, Throwable cause) {
    if (cause instanceof BlockException known) {
      return known;
    }
    return new BlockException(
        ErrorCode.DRIVER_FAILED,
        "driver '"
            + spec.driver().name()
            + "' of node '"
            + spec.name()
            + "' failed in "
            + what
            + " with "
            + cause
            + "; this is a defect of the driver",
        cause);
  }
}
