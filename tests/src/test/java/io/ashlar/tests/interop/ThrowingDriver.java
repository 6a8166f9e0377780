package io.ashlar.tests.interop;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenStep;
import io.ashlar.spi.SpiLevel;
import java.nio.ByteBuffer;

/** A driver with a mistake: over its {@code file} it works, but for one call that throws. */
public final class ThrowingDriver implements BlockDriver {
  /** What the mistake says. */
  static final String MISTAKE = "a mistake in the driver";

  private static final String FILE = "file";

  @Override
  public String name() {
    return "test-throwing";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OptionSchema.of(
            OptionSpec.words("in", "none", "the call that throws", Place.words()),
            OptionSpec.words("what", "exception", "what it throws", "exception", "error"))
        .withChildren(new ChildSpec(FILE, ChildKind.STORAGE, true, "what is below"));
  }

  @Override
  public BlockNode open(OpenContext context) {
    Place place = Place.valueOf(context.options().string("in").toUpperCase(java.util.Locale.ROOT));
    Node node =
        new Node(context.child(FILE), place, context.options().string("what").equals("error"));
    node.mistake(Place.OPEN);
    return node;
  }

  /** Where it throws. */
  enum Place {
    NONE,
    OPEN,
    READ,
    WRITE,
    FLUSH,
    PREPARE,
    CLOSE;

    static String[] words() {
      String[] words = new String[values().length];
      for (Place place : values()) {
        words[place.ordinal()] = place.word();
      }
      return words;
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private record Node(Child file, Place place, boolean error) implements BlockNode {
    void mistake(Place here) {
      if (here == place) {
        if (error) {
          throw new NoClassDefFoundError(MISTAKE);
        }
        throw new IllegalStateException(MISTAKE);
      }
    }

    @Override
    public NodeTraits traits() {
      return NodeTraits.plain();
    }

    @Override
    public long length() {
      return file.length();
    }

    @Override
    public void read(long offset, ByteBuffer target, int flags) {
      mistake(Place.READ);
      file.read(offset, target, flags);
    }

    @Override
    public void write(long offset, ByteBuffer source, int flags) {
      mistake(Place.WRITE);
      file.write(offset, source, flags);
    }

    @Override
    public void writeZeroes(long offset, long length, int flags) {
      file.writeZeroes(offset, length, flags);
    }

    @Override
    public void discard(long offset, long length, int flags) {
      file.discard(offset, length, flags);
    }

    @Override
    public void flush() {
      mistake(Place.FLUSH);
      file.flush();
    }

    @Override
    public BlockStatus status(long offset, long length) {
      return BlockStatus.data(length, offset);
    }

    @Override
    public ReopenStep prepareReopen(ReopenContext context) {
      mistake(Place.PREPARE);
      return ReopenStep.unchanged(this);
    }

    @Override
    public void close() {
      mistake(Place.CLOSE);
    }
  }
}
