package io.ashlar.cli;

import io.ashlar.cli.run.ConfigurationException;
import io.ashlar.spi.BlockException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** How commands print: results in UTF-8 whatever the locale, and why there are none. */
public final class Console {
  private Console() {}

  /** Standard output; to be flushed at the end. */
  public static PrintStream output() {
    return new PrintStream(System.out, false, StandardCharsets.UTF_8);
  }

  /** Prints a whole result. */
  public static void print(String text) {
    PrintStream out = output();
    out.print(text);
    out.flush();
  }

  /** Says on standard error, with its code, why the engine refused. */
  public static void refused(BlockException reason) {
    System.err.println("ashlar: " + reason.code() + ": " + reason.getMessage());
  }

  /** Says on standard error what is wrong in a file or an argument. */
  public static void wrong(ConfigurationException reason) {
    System.err.println("ashlar: " + reason.getMessage());
  }
}
