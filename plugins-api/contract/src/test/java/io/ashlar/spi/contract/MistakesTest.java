package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.contract.PassThroughDriver.Node;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The suite finds drivers that are wrong; each test here is one mistake. */
final class MistakesTest {
  private static final class Suspect extends BlockDriverContract {
    private final UnaryOperator<BlockNode> mistake;

    Suspect(UnaryOperator<BlockNode> mistake) {
      this.mistake = mistake;
    }

    @Override
    protected BlockDriver driver() {
      return new PassThroughDriver(mistake);
    }

    @Override
    protected Map<String, ?> prepare(TestHost host, long length) {
      host.child("file", MemoryNode.fixed(length));
      return Map.of();
    }
  }

  private static void found(Consumer<BlockDriverContract> test, UnaryOperator<BlockNode> mistake) {
    test.accept(new Suspect(node -> node));
    Throwable failure = null;
    try {
      test.accept(new Suspect(mistake));
    } catch (AssertionError | RuntimeException e) {
      failure = e;
    }
    assertThat(failure).as("the suite saw nothing").isNotNull();
  }

  /** A node whose children and read-only flag are those of a correct one. */
  private static class Wrong extends Node {
    Wrong(BlockNode right) {
      this((Node) right);
    }

    private Wrong(Node right) {
      super(right.file, right.readOnly);
    }

    Child below() {
      return file;
    }
  }

  @Test
  void limitMoved() {
    found(
        suite -> suite.buffersOfAnyKind(BufferKind.HEAP),
        right ->
            new Wrong(right) {
              @Override
              public void write(long offset, ByteBuffer source, int flags) {
                super.write(offset, source, flags);
                source.limit(source.limit() - 1);
              }
            });
  }

  @Test
  void arrayOffsetForgotten() {
    found(
        suite -> suite.buffersOfAnyKind(BufferKind.HEAP_SLICE),
        right ->
            new Wrong(right) {
              @Override
              @SuppressWarnings("ByteBufferBackingArray") // this is the mistake
              public void read(long offset, ByteBuffer target, int flags) {
                ByteBuffer whole = ByteBuffer.wrap(target.array(), 0, target.remaining());
                super.read(offset, whole, flags);
              }
            });
  }

  @Test
  void strangeFlagsDropped() {
    found(
        DataContract::strangeFlagsAreRefusedAndChangeNothing,
        right ->
            new Wrong(right) {
              @Override
              public void discard(long offset, long length, int flags) {
                super.discard(offset, length, IoFlags.NONE);
              }
            });
  }

  @Test
  void zeroesRoundedToSectors() {
    found(
        suite -> suite.zeroesWithEveryFlag(IoFlags.NONE),
        right ->
            new Wrong(right) {
              @Override
              public void writeZeroes(long offset, long length, int flags) {
                super.writeZeroes(offset / 512 * 512, (length + 511) / 512 * 512, flags);
              }
            });
  }

  @Test
  void discardReachesTooFar() {
    found(
        suite -> suite.discardTouchesItsRangeAlone(false),
        right ->
            new Wrong(right) {
              @Override
              public void discard(long offset, long length, int flags) {
                super.discard(offset, Math.min(length + 1, length() - offset), flags);
              }
            });
  }

  @Test
  void dataCalledZero() {
    found(
        SpaceContract::statusOfAnEmptyAndOfAMixedNode,
        right ->
            new Wrong(right) {
              @Override
              public BlockStatus status(long offset, long length) {
                return BlockStatus.zero(length);
              }
            });
  }

  @Test
  void hostOffsetWrong() {
    found(
        SpaceContract::statusOfAnEmptyAndOfAMixedNode,
        right ->
            new Wrong(right) {
              @Override
              public BlockStatus status(long offset, long length) {
                BlockStatus s = super.status(offset, length);
                return s.data() ? BlockStatus.data(s.length(), s.hostOffset() + 512) : s;
              }
            });
  }

  @Test
  void forceForgotten() {
    found(
        FailureContract::forcedWritesSurviveACrash,
        right ->
            new Wrong(right) {
              @Override
              public void write(long offset, ByteBuffer source, int flags) {
                super.write(offset, source, flags & ~IoFlags.FUA);
              }
            });
  }

  @Test
  void flushForgotten() {
    found(
        FailureContract::flushedWritesSurviveACrash,
        right ->
            new Wrong(right) {
              @Override
              public void flush() {}
            });
  }

  @Test
  void failureSwallowed() {
    found(
        FailureContract::failingStorageIsNeverSuccess,
        right ->
            new Wrong(right) {
              @Override
              public void write(long offset, ByteBuffer source, int flags) {
                try {
                  super.write(offset, source, flags);
                } catch (RuntimeException e) {
                  source.position(source.limit());
                }
              }

              @Override
              public void flush() {}
            });
  }

  @Test
  void childClosed() {
    found(
        LifeContract::closeIsIdempotentAndLeavesChildrenOpen,
        right ->
            new Wrong(right) {
              @Override
              public void close() {
                ((TestChild) below()).target().close();
              }
            });
  }

  @Test
  void readOnlyForgotten() {
    found(
        LifeContract::readOnlyOpenWritesNothing,
        right ->
            new Wrong(right) {
              @Override
              public void write(long offset, ByteBuffer source, int flags) {
                below().write(offset, source, flags);
              }
            });
  }

  @Test
  void abortCommits() {
    found(
        LifeContract::abortedReopenChangesNothing,
        right ->
            new Wrong(right) {
              @Override
              public ReopenStep prepareReopen(ReopenContext context) {
                ReopenStep step = super.prepareReopen(context);
                step.commit();
                return step;
              }
            });
  }

  @Test
  void growthNotSaid() {
    found(
        SpaceContract::writesPastTheEndFollowTheTrait,
        right ->
            new Wrong(right) {
              @Override
              public NodeTraits traits() {
                return new NodeTraits(1, 1, 1, true, true, NodeTraits.PLAIN);
              }
            });
  }

  @Test
  void randomRunFindsAndShortens() {
    UnaryOperator<BlockNode> mistake =
        right ->
            new Wrong(right) {
              @Override
              public void writeZeroes(long offset, long length, int flags) {
                super.writeZeroes(offset, length, flags);
                if (length > 4096) {
                  below().write(offset, ByteBuffer.wrap(new byte[] {1}), IoFlags.NONE);
                }
              }
            };
    RandomRun random = new RandomRun(new Suspect(mistake));
    var steps = RandomRun.steps(7, 150, 1 << 20);
    assertThat(random.run(steps)).isNotNull();
    assertThat(random.shrink(steps)).hasSize(1);
    for (long seed = 0; seed < 50; seed++) {
      long run = seed;
      found(suite -> suite.agrees(run), mistake);
    }
  }
}
