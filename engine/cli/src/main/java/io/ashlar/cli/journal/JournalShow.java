package io.ashlar.cli.journal;

import io.ashlar.cli.Console;
import io.ashlar.cli.run.Json;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.ImageHistory;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Texts;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar journal show}. */
@Command(
    name = "show",
    description =
        "Prints who froze, merged, cleared or removed which persistent bitmap of an image, and when;"
            + " oldest first. Works while the image is in use, and changes nothing.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the whole history was printed",
      "1:there is no journal, or it is damaged; what could be read was printed",
      "2:wrong use"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ashlar journal show disk.qcow2",
      "  ashlar journal show disk.qcow2 --json | jq -c 'select(.event == \"bitmap-cleared\")'",
      "  ashlar journal show copy-of.ashlar-journal --all"
    })
final class JournalShow implements Callable<Integer> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  @Parameters(
      index = "0",
      paramLabel = "IMAGE",
      description = "The image, or a journal or a copy of one (NAME.ashlar-journal).")
  private Path image;

  @Option(names = "--json", description = "Prints one JSON object a line.")
  private boolean json;

  @Option(
      names = "--all",
      description = "Shows openings, and bitmaps marked in use and stored, as well.")
  private boolean all;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  /** Prints; gives the exit code. */
  @Override
  public Integer call() {
    ImageHistory history;
    try {
      history = Ashlar.history(image);
    } catch (BlockException e) {
      return failed(e);
    }
    PrintStream out = Console.output();
    if (history.dropped() > 0 && !json) {
      out.println("(" + history.dropped() + " older entries are not kept any more)");
    }
    history.entries().stream()
        .filter(entry -> all || !entry.routine())
        .map(json ? JournalShow::object : JournalShow::text)
        .forEach(out::println);
    out.flush();
    return history.damage().map(JournalShow::failed).orElse(0);
  }

  private static int failed(BlockException e) {
    Console.refused(e);
    return 1;
  }

  private static String text(ImageHistory.Entry entry) {
    String host = entry.host().isEmpty() ? "" : " on " + Texts.printable(entry.host());
    return TIME.format(Instant.ofEpochMilli(entry.millis()))
        + "  "
        + entry.text()
        + "  ["
        + Texts.printable(entry.command())
        + ", node "
        + Texts.printable(entry.node())
        + ", process "
        + entry.process()
        + " of "
        + Texts.printable(entry.user())
        + host
        + "]";
  }

  private static String object(ImageHistory.Entry entry) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", TIME.format(Instant.ofEpochMilli(entry.millis())).replace(' ', 'T'));
    line.put("event", entry.event());
    if (!entry.bitmap().isEmpty()) {
      line.put("bitmap", entry.bitmap());
    }
    line.putAll(entry.details());
    line.put("text", entry.text());
    line.put("command", entry.command());
    line.put("node", entry.node());
    if (!entry.host().isEmpty()) {
      line.put("host", entry.host());
    }
    line.put("process", entry.process());
    line.put("user", entry.user());
    return Json.line(line);
  }
}
