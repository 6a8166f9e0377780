package io.ashlar.engine.option;

import io.ashlar.spi.BlockDriver;
import java.util.Collection;
import java.util.Optional;

/** The drivers by name. */
public interface Drivers {
  /** The driver of a name. */
  Optional<BlockDriver> lookUp(String name);

  /** All names, sorted. */
  Collection<String> names();
}
