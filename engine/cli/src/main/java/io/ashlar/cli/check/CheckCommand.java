package io.ashlar.cli.check;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.ashlar.cli.Console;
import io.ashlar.cli.Settings;
import io.ashlar.cli.run.ConfigurationException;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.ImageCheck;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar check}. */
@Command(
    name = "check",
    description =
        "Looks for damage in an image, and mends it with -r. Prints what qemu-img check prints. A"
            + " repair keeps what a crash has left of the bitmaps: those that their journal vouches"
            + " for are recovered and stored.",
    exitCodeOnInvalidInput = 1,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong, or nothing any more",
      "1:it could not be checked, or wrong use",
      "2:there are errors",
      "3:there are leaked clusters, and no errors",
      "63:there is nothing to check in images of this format"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ashlar check disk.qcow2",
      "  ashlar check -r leaks disk.qcow2        gives leaked clusters back; nothing if there are errors",
      "  ashlar check -r all --output json disk.qcow2"
    })
public final class CheckCommand implements Callable<Integer> {
  private static final int UNSUPPORTED = 63;

  /** A large image takes as long as it takes. */
  private static final Duration PATIENCE = Duration.ofDays(10);

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
  private Path image;

  @Option(
      names = {"-f", "--format"},
      paramLabel = "FORMAT",
      description = "Its format; asked of the file when left out.")
  private String format;

  /** What to mend; the words of the option. */
  private enum What {
    leaks,
    all
  }

  /** How to print; the words of the option. */
  private enum Output {
    human,
    json
  }

  @Option(
      names = {"-r", "--repair"},
      paramLabel = "WHAT",
      description = "Mends: leaks or all.")
  private What what;

  @Option(
      names = "--output",
      paramLabel = "HOW",
      defaultValue = "human",
      description = "human or json.")
  private Output output;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help and ends.")
  @SuppressWarnings("UnusedVariable") // picocli acts on it
  private boolean help;

  /** Prints; gives the exit code. */
  @Override
  public Integer call() {
    try (Ashlar engine = Ashlar.start(settings())) {
      String driver = format == null ? formatOf(engine) : format;
      ImageCheck check = engine.check(image, driver, repair()).await(PATIENCE);
      CheckReport report = new CheckReport(image.toString(), driver, check);
      List<String> findings = check.found().findings();
      findings.forEach(System.err::println);
      check.refused().ifPresent(why -> System.err.println("ashlar: not all was mended: " + why));
      Console.print(output == Output.json ? report.json() : report.text());
      return report.exitCode();
    } catch (BlockException e) {
      if (e.code() == ErrorCode.NOT_SUPPORTED) {
        System.err.println("ashlar: This image format does not support checks");
        return UNSUPPORTED;
      }
      Console.refused(e);
      return 1;
    } catch (ConfigurationException e) {
      Console.wrong(e);
      return 1;
    }
  }

  /** A file that no driver knows is raw, as for QEMU. */
  private String formatOf(Ashlar engine) {
    try {
      return engine.inspect(image, null).format();
    } catch (BlockException e) {
      if (e.code() == ErrorCode.WRONG_FORMAT) {
        return "raw";
      }
      throw e;
    }
  }

  private Repair repair() {
    if (what == null) {
      return Repair.NONE;
    }
    return what == What.all ? Repair.ALL : Repair.LEAKS;
  }

  private static Config settings() {
    return Settings.load(null)
        .withValue("ashlar.prepare-time-out", ConfigValueFactory.fromAnyRef(PATIENCE));
  }
}
