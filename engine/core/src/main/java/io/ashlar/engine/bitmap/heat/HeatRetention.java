package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.engine.journal.file.Retention;
import io.ashlar.spi.BlockException;

/**
 * What a compaction of the journal keeps of hot regions: the last whole capture and everything that
 * it does not cover, parts of one that is being written included, and the last beat. For one
 * compaction. A record that cannot be read keeps everything, for it is not for a compaction to say
 * that a journal is not to be trusted.
 */
public final class HeatRetention implements Retention {
  private final CrashRules rules;
  private long firstPart;
  private long captureBegin;
  private long captureEnd;
  private long captureEpoch;
  private long lastBeat;
  private boolean unreadable;

  /** For one compaction. */
  public HeatRetention(CrashRules rules) {
    this.rules = rules;
  }

  @Override
  public void sees(JournalRecord found) {
    try {
      switch (found.type()) {
        case RecordTypes.CAPTURE_PART -> {
          if (mark(found).number() == 0) {
            firstPart = found.lsn();
          }
        }
        case RecordTypes.CAPTURE_END -> {
          captureBegin = firstPart;
          captureEnd = found.lsn();
          captureEpoch = mark(found).epoch();
        }
        case RecordTypes.BEAT -> lastBeat = found.lsn();
        default -> {} // nothing that others depend on
      }
    } catch (BlockException e) {
      unreadable = true;
    }
  }

  @Override
  public boolean keeps(JournalRecord found) {
    if (unreadable) {
      return true;
    }
    return switch (found.type()) {
      case RecordTypes.CAPTURE_PART, RecordTypes.CAPTURE_END -> found.lsn() >= captureBegin;
      case RecordTypes.NONCE -> found.lsn() > captureEnd;
      case RecordTypes.BEAT -> found.lsn() >= lastBeat;
      case RecordTypes.HEAT -> counts(found);
      default -> true;
    };
  }

  private boolean counts(JournalRecord found) {
    try {
      return captureEnd == 0 || rules.counts(HeatCodec.Heat.epoch(found), captureEpoch);
    } catch (BlockException e) {
      return true;
    }
  }

  private static CaptureCodec.Mark mark(JournalRecord found) {
    return CaptureCodec.Mark.read(new PackedIn(found.payload()));
  }
}
