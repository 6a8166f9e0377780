package io.ashlar.engine.option;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ChildSpec;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.OptionSchema;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.SpiLevel;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** A driver that has a schema and opens nothing. */
record SchemaDriver(String name, OptionSchema options, Optional<OptionSchema> createOptions)
    implements BlockDriver {
  private static final ChildSpec FILE =
      new ChildSpec("file", ChildKind.STORAGE, true, "where the image is");

  /** A protocol, a format and a filter. */
  static final Drivers SAMPLES =
      of(
          new SchemaDriver(
              "file",
              OptionSchema.of(
                  OptionSpec.string("filename", "path of the file").mandatory(),
                  OptionSpec.words("locking", "auto", "take locks", "auto", "on", "off")),
              Optional.empty()),
          new SchemaDriver(
              "qcow2",
              OptionSchema.of(
                      OptionSpec.size("l2-cache-size", "bytes").between(4096, 1 << 30),
                      OptionSpec.bool("lazy-refcounts", false, "late refcounts"),
                      OptionSpec.words(
                          "overlap-check.template", "cached", "how much", "none", "cached"),
                      OptionSpec.bool("overlap-check.main-header", true, "header"))
                  .withChildren(
                      FILE, new ChildSpec("backing", ChildKind.BACKING, false, "what lies below")),
              Optional.of(
                  OptionSchema.of(OptionSpec.size("size", "bytes").mandatory())
                      .withChildren(FILE))),
          new SchemaDriver(
              "blkdebug",
              OptionSchema.of(
                      OptionSpec.objects(
                          "inject-error",
                          "faults",
                          OptionSpec.string("event", "when").mandatory(),
                          OptionSpec.integer("errno", "which").withDefault(5L)))
                  .withChildren(
                      new ChildSpec("image", ChildKind.FILTERED, true, "what is filtered")),
              Optional.empty()));

  static Drivers of(SchemaDriver... drivers) {
    List<SchemaDriver> all = List.of(drivers);
    return new Drivers() {
      @Override
      public Optional<BlockDriver> lookUp(String name) {
        return all.stream()
            .filter(d -> d.name().equals(name))
            .map(d -> (BlockDriver) d)
            .findFirst();
      }

      @Override
      public Collection<String> names() {
        return all.stream().map(SchemaDriver::name).sorted().toList();
      }
    };
  }

  @Override
  public int apiLevel() {
    return SpiLevel.CURRENT;
  }

  @Override
  public BlockNode open(OpenContext context) {
    throw new UnsupportedOperationException("this driver opens nothing");
  }
}
