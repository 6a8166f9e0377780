package io.ashlar.engine.option;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.Options;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The options of {@code blockdev-create}, checked.
 *
 * @param driver the driver that makes the image
 * @param options its create options, defaults filled in
 * @param children role to what was said about it
 */
public record CheckedCreate(
    BlockDriver driver, Options options, Map<String, CheckedChild> children) {
  /** Copies the map, in its order. */
  public CheckedCreate {
    children = Collections.unmodifiableMap(new LinkedHashMap<>(children));
  }
}
