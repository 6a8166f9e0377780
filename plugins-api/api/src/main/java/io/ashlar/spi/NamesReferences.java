package io.ashlar.spi;

import java.util.List;

/** A node whose image names other files. */
public interface NamesReferences {
  /** The names as they stand in the image; inert text. */
  List<ImageReference> references();
}
