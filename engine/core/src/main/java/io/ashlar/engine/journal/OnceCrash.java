package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.Fence;
import java.util.Map;

/** Sees to it that an {@link AfterCrash} hears of its end once: the first word counts. */
final class OnceCrash implements AfterCrash {
  private final AfterCrash heard;
  private boolean over;

  OnceCrash(AfterCrash heard) {
    this.heard = heard;
  }

  @Override
  public Fence fence() {
    return heard.fence();
  }

  @Override
  public RecordVisitor records() {
    return heard.records();
  }

  @Override
  public Map<String, String> settle(JournalIdentity journal, long changedNanos) {
    if (over) {
      return Map.of();
    }
    over = true;
    return heard.settle(journal, changedNanos);
  }

  @Override
  public void lost(String reason) {
    if (!over) {
      over = true;
      heard.lost(reason);
    }
  }
}
