package io.ashlar.cli.info;

import io.ashlar.cli.Console;
import io.ashlar.cli.Settings;
import io.ashlar.cli.run.BitmapText;
import io.ashlar.cli.run.ConfigurationException;
import io.ashlar.cli.run.Json;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.engine.option.Sizes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReport;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar info}. */
@Command(
    name = "info",
    description =
        "Tells what an image is and what its bitmaps are worth: recovered after a crash, or not"
            + " usable and why. Opens the image and its journal read-only and follows no reference.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:it was told", "1:it is no image, or cannot be read", "2:wrong use"},
    footerHeading = "%nExamples:%n",
    footer = {"  ashlar info disk.qcow2", "  ashlar info disk.qcow2 --json | jq .bitmaps"})
public final class InfoCommand implements Callable<Integer> {
  private static final String NODE = "image";

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
  private Path image;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "FORMAT",
      description = "Its format; asked of the file when left out.")
  private String format;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  /** Prints; gives the exit code. */
  @Override
  public Integer call() {
    try (Ashlar engine = Ashlar.start(Settings.load(null))) {
      ImageReport report = engine.inspect(image, format);
      boolean locked = !report.bitmaps().isEmpty() && !open(engine, report);
      Console.print(json ? object(engine, report, locked) : text(engine, report, locked));
      return 0;
    } catch (BlockException e) {
      Console.refused(e);
      return 1;
    } catch (ConfigurationException e) {
      Console.wrong(e);
      return 2;
    }
  }

  /** False when another process writes to the image. */
  private boolean open(Ashlar engine, ImageReport report) {
    NodeDefinition file =
        NodeDefinition.of("file", NODE + "-file").with("filename", image.toString());
    NodeDefinition definition =
        NodeDefinition.of(report.format(), NODE).with("read-only", true).with("file", file);
    boolean layered = report.references().stream().anyMatch(r -> r.role().equals("backing"));
    try {
      engine.graph().add(layered ? definition.with("backing", (Object) null) : definition).await();
      return true;
    } catch (BlockException e) {
      if (e.code() == ErrorCode.FILE_LOCKED) {
        return false;
      }
      throw e;
    }
  }

  private String object(Ashlar engine, ImageReport report, boolean locked) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("filename", image.toString());
    all.put("format", report.format());
    all.put("virtual-size", report.virtualSize());
    all.putAll(report.details());
    all.put("in-use-by-another", locked);
    all.put("bitmaps", locked ? stored(report) : bitmaps(engine));
    all.put("risks", report.risks());
    return Json.line(all) + "\n";
  }

  /** As {@code query-named-block-nodes} shows them. */
  private static Object bitmaps(Ashlar engine) {
    Object nodes = new CommandSet(engine).execute("query-named-block-nodes", Map.of());
    for (Object node : (List<?>) nodes) {
      if (node instanceof Map<?, ?> map && NODE.equals(map.get("node-name"))) {
        return map.get("dirty-bitmaps");
      }
    }
    return List.of();
  }

  private static List<Object> stored(ImageReport report) {
    return report.bitmaps().stream().map(InfoCommand::stored).map(Object.class::cast).toList();
  }

  private static Map<String, Object> stored(StoredBitmap bitmap) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", bitmap.name());
    map.put("granularity", bitmap.granularity());
    map.put("recording", bitmap.enabled());
    map.put("persistent", true);
    map.put("in-use", bitmap.inUse());
    return map;
  }

  private String text(Ashlar engine, ImageReport report, boolean locked) {
    StringBuilder text = new StringBuilder();
    text.append("image: ").append(image).append('\n');
    text.append("file format: ").append(report.format()).append('\n');
    text.append("virtual size: ").append(Sizes.human(report.virtualSize()));
    text.append(" (").append(report.virtualSize()).append(" bytes)\n");
    report.details().forEach((key, value) -> text.append(key + ": " + value + "\n"));
    if (!report.bitmaps().isEmpty()) {
      text.append("bitmaps:\n");
    }
    if (locked) {
      text.append("    another process writes to the image and has their content\n");
      for (StoredBitmap bitmap : report.bitmaps()) {
        text.append("    ").append(Texts.printable(bitmap.name()));
        text.append(bitmap.inUse() ? ": in use\n" : ": not in use\n");
      }
    } else if (!report.bitmaps().isEmpty()) {
      for (BitmapInfo bitmap : engine.bitmaps().list(NODE).await()) {
        text.append("    ").append(Texts.printable(bitmap.name() + ": " + BitmapText.of(bitmap)));
        text.append('\n');
      }
    }
    report.risks().forEach(risk -> text.append("risk: ").append(risk).append('\n'));
    return text.toString();
  }
}
