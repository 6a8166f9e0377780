package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.Fence;
import java.util.Map;

/**
 * An image that named its journal when it was opened, and wants nothing more of it than that one.
 */
record NamedJournal(Fence fence) implements AfterCrash {
  @Override
  public RecordVisitor records() {
    return record -> {};
  }

  @Override
  public Map<String, String> settle(JournalIdentity journal, long changedNanos) {
    return Map.of();
  }

  @Override
  public void lost(String reason) {
    // Whoever opened the image has heard it.
  }
}
