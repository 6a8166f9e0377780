package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import java.nio.file.Path;

/**
 * Loaded a second time by a class loader of its own, as a second engine in one process would be.
 */
public final class OtherLoader {
  private OtherLoader() {}

  /** The code of the refusal, or "opened". */
  public static String openForWriting(String path) {
    try {
      Held.open(Held.host(false), Path.of(path)).close();
      return "opened";
    } catch (BlockException e) {
      return e.code().name();
    }
  }
}
