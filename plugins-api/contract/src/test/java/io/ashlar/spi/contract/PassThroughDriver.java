package io.ashlar.spi.contract;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.SpiLevel;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** The simplest correct driver, and a place to put mistakes that the suite has to find. */
final class PassThroughDriver implements BlockDriver {
  private final UnaryOperator<BlockNode> mistake;

  PassThroughDriver() {
    this(node -> node);
  }

  PassThroughDriver(UnaryOperator<BlockNode> mistake) {
    this.mistake = mistake;
  }

  @Override
  public String name() {
    return "pass-through";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OptionSchema.of()
        .withChildren(new ChildSpec("file", ChildKind.FILTERED, true, "what is shown"));
  }

  @Override
  public BlockNode open(OpenContext context) {
    return mistake.apply(new Node(context.child("file"), context.nodeOptions().readOnly()));
  }

  /** Passes everything on. */
  static class Node implements BlockNode {
    final Child file;
    volatile boolean readOnly;

    Node(Child file, boolean readOnly) {
      this.file = file;
      this.readOnly = readOnly;
    }

    @Override
    public NodeTraits traits() {
      return file.traits();
    }

    @Override
    public long length() {
      return file.length();
    }

    @Override
    public void read(long offset, ByteBuffer target, int flags) {
      file.read(offset, target, flags);
    }

    @Override
    public void write(long offset, ByteBuffer source, int flags) {
      checkWritable();
      IoFlags.requireKnown(flags, IoFlags.FUA | IoFlags.UNCHANGED);
      file.write(offset, source, flags);
    }

    @Override
    public void writeZeroes(long offset, long length, int flags) {
      checkWritable();
      file.writeZeroes(offset, length, flags);
    }

    @Override
    public void discard(long offset, long length, int flags) {
      checkWritable();
      file.discard(offset, length, flags);
    }

    @Override
    public void flush() {
      if (!readOnly) {
        file.flush();
      }
    }

    @Override
    public BlockStatus status(long offset, long length) {
      return file.status(offset, length);
    }

    @Override
    public void truncate(long newLength, Preallocation preallocation) {
      checkWritable();
      file.truncate(newLength, preallocation);
    }

    @Override
    public ReopenStep prepareReopen(ReopenContext context) {
      boolean next = context.nodeOptions().readOnly();
      Node staged = new Node(context.child("file"), next);
      AtomicReference<Boolean> done = new AtomicReference<>();
      return new ReopenStep() {
        @Override
        public BlockNode staged() {
          return staged;
        }

        @Override
        public void commit() {
          if (done.compareAndSet(null, true)) {
            readOnly = next;
          }
        }

        @Override
        public void abort() {
          done.compareAndSet(null, false);
        }
      };
    }

    @Override
    public void close() {}

    private void checkWritable() {
      if (readOnly) {
        throw new BlockException(ErrorCode.READ_ONLY, "the node is read-only");
      }
    }
  }
}
