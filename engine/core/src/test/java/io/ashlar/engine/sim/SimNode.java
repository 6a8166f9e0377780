package io.ashlar.engine.sim;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node that passes everything on to its child {@code file}: a filter, and what the others are
 * made of. It watches whether the engine keeps its promises to drivers.
 */
class SimNode implements BlockNode {
  final World world;
  final String name;
  final Map<String, Child> children = new LinkedHashMap<>();
  boolean readOnly;

  /** Set when this is access that a reopen staged. */
  final SimNode stagedFor;

  private boolean dead;
  private boolean closed;
  private int guests;
  private int drains;

  SimNode(World world, OpenContext context, List<String> roles) {
    this.world = world;
    name = context.nodeName();
    readOnly = context.nodeOptions().readOnly();
    stagedFor = null;
    for (String role : roles) {
      if (context.presence(role) == ChildPresence.GIVEN) {
        children.put(role, context.child(role));
      }
    }
  }

  /** Access as it will be. */
  SimNode(SimNode of, ReopenContext context, List<String> roles) {
    world = of.world;
    name = of.name;
    readOnly = context.nodeOptions().readOnly();
    stagedFor = of;
    for (String role : roles) {
      if (context.presence(role) == ChildPresence.GIVEN) {
        children.put(role, context.child(role));
      }
    }
  }

  List<String> roles() {
    return List.of("file");
  }

  SimNode staged(ReopenContext context) {
    return new SimNode(this, context, roles());
  }

  Child file() {
    return children.get("file");
  }

  boolean enter(String call) {
    requireOpen(call);
    return world.faults().at(name, call);
  }

  private void requireOpen(String call) {
    if (dead || closed) {
      world.violated(call + " on node '" + name + "' that is gone");
    }
  }

  private void data(String call, Runnable body) {
    boolean guest = world.isGuest();
    SimNode counted = stagedFor == null ? this : stagedFor;
    if (guest) {
      counted.guests++;
    }
    try {
      boolean fails = enter(call);
      body.run();
      if (fails) {
        throw Faults.failure(name, call);
      }
    } finally {
      if (guest) {
        counted.guests--;
      }
    }
  }

  private void requireQuiet(String call) {
    if (guests != 0) {
      world.violated(call + " of node '" + name + "' with " + guests + " guests inside");
    }
    if (drains == 0 && world.mustDrain()) {
      world.violated(call + " of node '" + name + "' without a drain");
    }
  }

  @Override
  public NodeTraits traits() {
    return new NodeTraits(1, 1, 65536, false, true, NodeTraits.PLAIN);
  }

  @Override
  public long length() {
    return file().length();
  }

  @Override
  public final void read(long offset, ByteBuffer target, int flags) {
    data("read", () -> doRead(offset, target, flags));
  }

  @Override
  public final void write(long offset, ByteBuffer source, int flags) {
    data("write", () -> doWrite(offset, source, flags));
  }

  @Override
  public final void writeZeroes(long offset, long length, int flags) {
    data("writeZeroes", () -> doZero(offset, length, flags));
  }

  @Override
  public final void discard(long offset, long length, int flags) {
    data("discard", () -> doZero(offset, length, flags));
  }

  @Override
  public final void flush() {
    data("flush", this::doFlush);
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return BlockStatus.data(length, offset);
  }

  @Override
  public final void truncate(long newLength, Preallocation preallocation) {
    data("truncate", () -> doTruncate(newLength));
  }

  void doRead(long offset, ByteBuffer target, int flags) {
    file().read(offset, target, flags);
  }

  void doWrite(long offset, ByteBuffer source, int flags) {
    requireWritable("write");
    file().write(offset, source, flags);
  }

  void doZero(long offset, long length, int flags) {
    requireWritable("zeroes");
    file().writeZeroes(offset, length, flags);
  }

  void doFlush() {
    file().flush();
  }

  void doTruncate(long length) {
    requireWritable("truncate");
    file().truncate(length, Preallocation.OFF);
  }

  void requireWritable(String what) {
    if (readOnly) {
      world.violated(what + " on node '" + name + "', which is read-only");
    }
  }

  @Override
  public final ReopenStep prepareReopen(ReopenContext context) {
    requireQuiet("prepareReopen");
    boolean fails = enter("prepareReopen");
    if (fails) {
      throw Faults.failure(name, "prepareReopen");
    }
    if (context.pass() == ReopenPass.DOWN) {
      settles(context);
    }
    SimNode staged = context.pass() == ReopenPass.UP ? staged(context) : this;
    world.stepOpened(name);
    return new Step(staged, context);
  }

  /** Asked in the pass down. */
  void settles(ReopenContext context) {}

  /** What was asked is committed or undone. */
  void stepEnds() {}

  /** The change takes effect. */
  void become(SimNode staged, ReopenContext context) {
    readOnly = staged.readOnly;
    for (String role : roles()) {
      if (context.presence(role) != ChildPresence.GIVEN) {
        children.remove(role);
      } else {
        children.computeIfAbsent(role, context::child);
      }
    }
  }

  @Override
  public final void drainBegin() {
    requireOpen("drainBegin");
    drains++;
    world.faults().at(name, "drainBegin");
  }

  @Override
  public final void drainEnd() {
    requireOpen("drainEnd");
    drains--;
    if (drains < 0) {
      world.violated("drainEnd of node '" + name + "' without drainBegin");
    }
    world.faults().at(name, "drainEnd");
  }

  /** Drains that have not ended. */
  int drains() {
    return drains;
  }

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    if (guests != 0) {
      world.violated("close of node '" + name + "' with " + guests + " guests inside");
    }
    try {
      if (world.faults().at(name, "close")) {
        throw Faults.failure(name, "close");
      }
    } finally {
      closed = true;
      world.closed(this);
    }
  }

  private final class Step implements ReopenStep {
    private final SimNode staged;
    private final ReopenContext context;
    private boolean done;

    Step(SimNode staged, ReopenContext context) {
      this.staged = staged;
      this.context = context;
    }

    @Override
    public BlockNode staged() {
      return staged;
    }

    @Override
    public void commit() {
      world.faults().at(name, "commit");
      if (end()) {
        requireQuiet("commit");
        if (staged != SimNode.this) {
          become(staged, context);
        }
      }
    }

    @Override
    public void abort() {
      world.faults().at(name, "abort");
      end();
    }

    private boolean end() {
      if (done) {
        return false;
      }
      done = true;
      staged.dead = staged != SimNode.this;
      stepEnds();
      world.stepEnded(name);
      return true;
    }
  }
}
