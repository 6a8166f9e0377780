package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.command.ObjectArgument.Form;
import io.ashlar.spi.OptionSpec;
import java.util.List;
import java.util.Map;

/** QMP's {@code block-dirty-bitmap-*}. */
final class BitmapCommands {
  private static final OptionSpec NODE =
      OptionSpec.string("node", "the node it belongs to").mandatory();
  private static final OptionSpec NAME = OptionSpec.string("name", "its name").mandatory();

  static final List<Command> ALL =
      List.of(
          new Command(
              CommandSpec.of(
                  "block-dirty-bitmap-add",
                  "adds a bitmap",
                  NODE,
                  NAME,
                  OptionSpec.size(
                          "granularity", "bytes per bit, a power of two from 512; 0: default")
                      .between(0, 1L << 31)
                      .withDefault(0L),
                  OptionSpec.bool("persistent", false, "kept in the image"),
                  OptionSpec.bool("disabled", false, "records nothing until enabled")),
              BitmapCommands::add),
          simple(
              "block-dirty-bitmap-remove",
              "removes a bitmap",
              (bitmaps, node, name) -> bitmaps.remove(node, name)),
          simple(
              "block-dirty-bitmap-clear",
              "forgets what a bitmap recorded",
              (bitmaps, node, name) -> bitmaps.clear(node, name)),
          simple(
              "block-dirty-bitmap-enable",
              "lets a bitmap record",
              (bitmaps, node, name) -> bitmaps.enable(node, name)),
          simple(
              "block-dirty-bitmap-disable",
              "stops a bitmap from recording",
              (bitmaps, node, name) -> bitmaps.disable(node, name)),
          new Command(
              CommandSpec.of(
                      "block-dirty-bitmap-merge",
                      "adds what other bitmaps have dirty to a bitmap",
                      NODE,
                      OptionSpec.string("target", "the bitmap that grows").mandatory())
                  .with(
                      new ObjectArgument(
                          "bitmaps",
                          Form.BITMAPS,
                          "the sources: names, or objects with 'node' and 'name'")),
              BitmapCommands::merge),
          new Command(
              CommandSpec.of(
                  "x-debug-block-dirty-bitmap-sha256",
                  "the SHA-256 of a bitmap's content",
                  NODE,
                  NAME),
              (engine, a) ->
                  Map.of(
                      "sha256",
                      engine
                          .bitmaps()
                          .sha256(a.values().string("node"), a.values().string("name"))
                          .await())));

  /** A command that takes a node and the name of one of its bitmaps. */
  private interface Change {
    Reply<Void> apply(Bitmaps bitmaps, String node, String name);
  }

  private BitmapCommands() {}

  private static Command simple(String command, String doc, Change change) {
    return new Command(
        CommandSpec.of(command, doc, NODE, NAME),
        (engine, a) -> {
          change
              .apply(engine.bitmaps(), a.values().string("node"), a.values().string("name"))
              .await();
          return Map.of();
        });
  }

  /** What one of these commands takes. */
  static CommandSpec spec(String name) {
    return ALL.stream()
        .map(Command::spec)
        .filter(spec -> spec.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** How the arguments of {@code block-dirty-bitmap-add} make a bitmap. */
  static Bitmaps.Settings settings(Arguments a) {
    return new Bitmaps.Settings(
        a.values().number("granularity"),
        a.values().bool("persistent"),
        a.values().bool("disabled"));
  }

  private static Object add(Ashlar engine, Arguments a) {
    engine.bitmaps().add(a.values().string("node"), a.values().string("name"), settings(a)).await();
    return Map.of();
  }

  /** The sources of {@code block-dirty-bitmap-merge}. */
  static List<BitmapRef> sources(Arguments a) {
    String node = a.values().string("node");
    return CommandChecker.bitmaps(a.objects().get("bitmaps")).stream()
        .map(b -> new BitmapRef(b.getKey() == null ? node : b.getKey(), b.getValue()))
        .toList();
  }

  private static Object merge(Ashlar engine, Arguments a) {
    engine
        .bitmaps()
        .merge(a.values().string("node"), a.values().string("target"), sources(a))
        .await();
    return Map.of();
  }
}
