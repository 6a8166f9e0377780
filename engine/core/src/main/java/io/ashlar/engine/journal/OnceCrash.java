package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.Fence;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Sees to it that an {@link AfterCrash} hears of its end once: the first word counts, for an
 * opening that was given up may come to its end yet.
 */
final class OnceCrash implements AfterCrash {
  private final AfterCrash heard;
  private final AtomicBoolean over = new AtomicBoolean();

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
    return over.compareAndSet(false, true) ? heard.settle(journal, changedNanos) : Map.of();
  }

  @Override
  public void lost(String reason) {
    if (over.compareAndSet(false, true)) {
      heard.lost(reason);
    }
  }
}
