package io.ashlar.engine.bitmap;

import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.file.AppendListener;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.NewRecord;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A journal in memory: what is in it is durable. It fails for good when it is told to. */
final class FakeRecords implements ImageRecords {
  static final long NOW = 1_000_000_000_000L;

  private final JournalIdentity identity = new JournalIdentity(new UUID(1, 2), new UUID(3, 4));
  private final List<JournalRecord> records = new ArrayList<>();
  private final Runnable pause;
  private boolean failed;

  /** Whether what fails is in the journal all the same. */
  private boolean keeps;

  FakeRecords(Runnable pause) {
    this.pause = pause;
  }

  void fail(boolean andKeep) {
    failed = true;
    keeps = andKeep;
  }

  List<JournalRecord> records() {
    return records;
  }

  @Override
  public long append(List<NewRecord> added) {
    pause.run();
    boolean fails = failed;
    if (!fails || keeps) {
      for (NewRecord record : added) {
        records.add(new JournalRecord(records.size() + 1, 1, record.type(), record.payload()));
      }
      keeps &= !fails;
    }
    pause.run();
    if (fails) {
      throw new BlockException(ErrorCode.IO_ERROR, "the journal failed");
    }
    return lastLsn();
  }

  @Override
  public void append(List<NewRecord> added, AppendListener listener) {
    long last = append(added);
    listener.atOnce(last);
    listener.durable(last);
  }

  @Override
  public long lastLsn() {
    return records.size();
  }

  @Override
  public long epoch() {
    return 1;
  }

  @Override
  public JournalIdentity identity() {
    return identity;
  }

  @Override
  public long fileTimeNanos() {
    return NOW;
  }

  @Override
  public void tidy() {}
}
