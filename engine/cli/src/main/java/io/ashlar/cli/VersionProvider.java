package io.ashlar.cli;

import io.ashlar.spi.SpiLevel;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints: engine, driver interface, JVM, and the QEMU that is found. */
final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "ashlar " + version(),
      "driver interface level "
          + SpiLevel.CURRENT
          + " (serves "
          + SpiLevel.OLDEST_SERVED
          + " to "
          + SpiLevel.CURRENT
          + ")",
      "JVM "
          + System.getProperty("java.vm.name")
          + " "
          + System.getProperty("java.runtime.version")
          + ", "
          + System.getProperty("os.name")
          + " "
          + System.getProperty("os.arch"),
      "QEMU " + qemu()
    };
  }

  private static String version() {
    Properties properties = new Properties();
    try (InputStream in = VersionProvider.class.getResourceAsStream("version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      return "of unknown version (" + e.getMessage() + ")";
    }
    return properties.getProperty("version", "of unknown version");
  }

  /** The first line of {@code qemu-img --version}. Ashlar does not need it; comparisons do. */
  private static String qemu() {
    try {
      Process process =
          new ProcessBuilder("qemu-img", "--version")
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .start();
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String line = reader.readLine();
        if (!process.waitFor(2, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
        return line == null ? "not found" : line.replaceFirst("^qemu-img version ", "");
      }
    } catch (IOException e) {
      return "not found (Ashlar does not need it)";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "not known";
    }
  }
}
