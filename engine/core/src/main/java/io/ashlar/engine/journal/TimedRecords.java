package io.ashlar.engine.journal;

import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.NewRecord;
import java.util.List;

/** Records of a journal that know the time of the image too. */
record TimedRecords(ImageRecords journal, ImageTime image) implements ImageRecords {
  @Override
  public long append(List<NewRecord> records) {
    return journal.append(records);
  }

  @Override
  public void append(List<NewRecord> records, AppendListener listener) {
    journal.append(records, listener);
  }

  @Override
  public long lastLsn() {
    return journal.lastLsn();
  }

  @Override
  public long epoch() {
    return journal.epoch();
  }

  @Override
  public JournalIdentity identity() {
    return journal.identity();
  }

  /** What is unknown of one of them is known of the other, or of none. */
  @Override
  public long fileTimeNanos() {
    try {
      return Math.max(journal.fileTimeNanos(), image.changedNanos());
    } catch (RuntimeException | LinkageError | AssertionError e) {
      throw BoundedCall.asKnown("telling the time of", e);
    }
  }

  @Override
  public void tidy() {
    journal.tidy();
  }
}
