package io.ashlar.engine.journal;

import io.ashlar.engine.journal.akka.ActorJournal;
import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.NewRecord;
import java.util.List;

/** Records of other kinds in a journal's file. */
record FileRecords(ActorJournal file) implements ImageRecords {
  @Override
  public long append(List<NewRecord> records) {
    return file.journal().append(records);
  }

  @Override
  public void append(List<NewRecord> records, AppendListener listener) {
    file.journal().append(records, listener);
  }

  @Override
  public long lastLsn() {
    return file.journal().lastLsn();
  }

  @Override
  public long epoch() {
    return file.journal().epoch();
  }

  @Override
  public JournalIdentity identity() {
    return file.journal().identity();
  }

  @Override
  public long fileTimeNanos() {
    return file.journal().changedNanos();
  }

  @Override
  public void tidy() {
    file.tidy();
  }
}
