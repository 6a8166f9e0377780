package io.ashlar.driver.raw;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.CreateContext;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.SpiLevel;
import java.util.Locale;
import java.util.Optional;

/**
 * The {@code raw} driver.
 *
 * <p>Its {@code file} is {@link ChildKind#STORAGE}, not FILTERED: with {@code offset} the same byte
 * stands at another place below, so nobody may step over this node as over a filter.
 *
 * <p>No image is recognised as raw by its content, for every content is a raw image; {@link
 * #inspect} therefore finds nothing.
 */
public final class RawDriver implements BlockDriver {
  static final String FILE = "file";
  static final String OFFSET = "offset";
  static final String SIZE = "size";
  private static final String PREALLOCATION = "preallocation";

  private static final ChildSpec FILE_CHILD =
      new ChildSpec(FILE, ChildKind.STORAGE, true, "the node that holds the bytes");

  @Override
  public String name() {
    return "raw";
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public OptionSchema options() {
    return OptionSchema.of(
            OptionSpec.size(OFFSET, "where the disk begins in the file, in bytes")
                .withDefault(0L)
                .reopenable(),
            OptionSpec.size(SIZE, "length of the disk in bytes, a multiple of 512; fixes it")
                .reopenable())
        .withChildren(FILE_CHILD);
  }

  @Override
  public BlockNode open(OpenContext context) {
    Window window =
        Window.of(
            context.nodeName(), context.child(FILE), context.options(), context.nodeOptions());
    window.check();
    return new RawNode(window);
  }

  @Override
  public Optional<OptionSchema> createOptions() {
    return Optional.of(
        OptionSchema.of(
                OptionSpec.size(SIZE, "length of the disk in bytes").mandatory(),
                OptionSpec.words(
                    PREALLOCATION, "off", "space to take at once", "off", "falloc", "full"))
            .withChildren(FILE_CHILD));
  }

  /** Sets the length of the file; bytes that it holds already stay. */
  @Override
  public void create(CreateContext context) {
    String mode = context.options().string(PREALLOCATION).toUpperCase(Locale.ROOT);
    context.child(FILE).truncate(context.options().number(SIZE), Preallocation.valueOf(mode));
  }
}
