package io.ashlar.engine.bitmap.heat;

import io.ashlar.engine.journal.file.JournalRecord;
import io.ashlar.engine.journal.file.RecordTypes;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.BlockException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * What a journal says of hot regions, gathered from its records in their order: the last whole
 * capture, the heats and intents that it does not cover, and the last beat. One thread at a time.
 */
public final class HeatPast implements RecordVisitor {
  /** Sets of regions that no capture covers; a journal of ours has a few. */
  private static final int MOST_SETS = 256;

  private final CrashRules rules;

  /** By epoch, then by the shift of the regions. */
  private final NavigableMap<Long, Map<Integer, BitSet>> heats = new TreeMap<>();

  private final List<HeatCodec.Intent> intents = new ArrayList<>();
  private final List<ByteBuffer> parts = new ArrayList<>();
  private long partsEpoch;
  private CaptureCodec.Found capture;
  private Long lastBeat;
  private long lastLsn;
  private long lastEpoch;
  private BlockException damage;

  /** Nothing yet. */
  public HeatPast(CrashRules rules) {
    this.rules = rules;
  }

  @Override
  public void visit(JournalRecord found) {
    lastLsn = found.lsn();
    lastEpoch = found.epoch();
    if (damage != null) {
      return;
    }
    try {
      take(found);
    } catch (BlockException e) {
      damage = e;
    }
  }

  private void take(JournalRecord found) {
    switch (found.type()) {
      case RecordTypes.HEAT -> HeatCodec.Heat.addTo(this::heated, found);
      case RecordTypes.CAPTURE_PART -> part(new PackedIn(found.payload()));
      case RecordTypes.CAPTURE_END -> end(new PackedIn(found.payload()));
      case RecordTypes.NONCE -> intents.add(HeatCodec.Intent.decode(found));
      case RecordTypes.BEAT -> lastBeat = HeatCodec.Beat.decode(found).nanos();
      default -> {} // the journal's own records, and those of others
    }
  }

  private IntFunction<BitSet> heated(long epoch) {
    Map<Integer, BitSet> sets = heats.computeIfAbsent(epoch, e -> new HashMap<>());
    return shift -> {
      if (!sets.containsKey(shift)
          && heats.values().stream().mapToInt(Map::size).sum() >= MOST_SETS) {
        throw PackedIn.damaged("is of more epochs than a journal can have without their bits");
      }
      return sets.computeIfAbsent(shift, s -> new BitSet());
    };
  }

  private void part(PackedIn in) {
    CaptureCodec.Mark mark = CaptureCodec.Mark.read(in);
    if (mark.number() == 0) {
      parts.clear();
      partsEpoch = mark.epoch();
    }
    if (mark.epoch() != partsEpoch || mark.number() != parts.size()) {
      throw PackedIn.damaged("is a part of no capture");
    }
    parts.add(in.rest());
  }

  private void end(PackedIn in) {
    CaptureCodec.Mark mark = CaptureCodec.Mark.read(in);
    in.end();
    if (mark.epoch() != partsEpoch || mark.number() != parts.size()) {
      throw PackedIn.damaged("ends a capture whose parts are missing");
    }
    capture = CaptureCodec.read(mark.epoch(), parts);
    parts.clear();
    intents.clear();
    heats.keySet().removeIf(epoch -> !rules.counts(epoch, mark.epoch()));
  }

  /** The record that was seen last. */
  public long lastLsn() {
    return lastLsn;
  }

  /** The epoch of that record. */
  long lastEpoch() {
    return lastEpoch;
  }

  /** Why it cannot be used, if it cannot. */
  Optional<BlockException> damage() {
    return Optional.ofNullable(damage);
  }

  Optional<CaptureCodec.Found> capture() {
    return Optional.ofNullable(capture);
  }

  List<HeatCodec.Intent> intents() {
    return intents;
  }

  /** Nanoseconds since 1970, by the clock of the image's file system. */
  Optional<Long> lastBeat() {
    return Optional.ofNullable(lastBeat);
  }

  /** Sees every range that is hot and that the capture does not cover. */
  void hot(Regions.RangeVisitor visitor) {
    heats
        .values()
        .forEach(sets -> sets.forEach((shift, regions) -> Regions.ranges(regions, shift, visitor)));
  }
}
