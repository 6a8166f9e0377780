package io.ashlar.engine.journal;

import io.ashlar.engine.journal.BitmapFact.BitmapAdded;
import io.ashlar.engine.journal.BitmapFact.BitmapCleared;
import io.ashlar.engine.journal.BitmapFact.BitmapDisabled;
import io.ashlar.engine.journal.BitmapFact.BitmapEnabled;
import io.ashlar.engine.journal.BitmapFact.BitmapFrozen;
import io.ashlar.engine.journal.BitmapFact.BitmapMoved;
import io.ashlar.engine.journal.BitmapFact.BitmapRemoved;
import io.ashlar.engine.journal.BitmapFact.BitmapThawed;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.BitmapFact.BitmapsMerged;
import io.ashlar.engine.journal.BitmapFact.BitmapsResized;
import io.ashlar.engine.journal.BitmapFact.BitmapsSealed;
import java.util.ArrayList;
import java.util.List;

/** Facts as bytes. The numbers of kinds, and of words, are given away for ever. */
final class FactCodec {
  private FactCodec() {}

  static void write(BinaryOut out, BitmapFact fact) {
    if (fact instanceof BitmapAdded f) {
      out.u8(1).text(f.bitmap()).i64(f.granularity()).flag(f.enabled());
    } else if (fact instanceof BitmapRemoved f) {
      out.u8(2).text(f.bitmap());
    } else if (fact instanceof BitmapCleared f) {
      out.u8(3).text(f.bitmap());
    } else if (fact instanceof BitmapEnabled f) {
      out.u8(4).text(f.bitmap());
    } else if (fact instanceof BitmapDisabled f) {
      out.u8(5).text(f.bitmap());
    } else if (fact instanceof BitmapsMerged f) {
      out.u8(6).text(f.bitmap()).u16(f.sources().size());
      f.sources().forEach(out::text);
    } else if (fact instanceof BitmapFrozen f) {
      out.u8(7).text(f.bitmap()).text(f.holder());
    } else if (fact instanceof BitmapThawed f) {
      out.u8(8).text(f.bitmap()).text(f.holder()).u8(f.how().ordinal());
    } else if (fact instanceof BitmapMoved f) {
      out.u8(9).text(f.bitmap()).u8(f.side().ordinal()).text(f.peer());
      out.i64(f.granularity()).flag(f.enabled());
    } else if (fact instanceof BitmapsResized f) {
      out.u8(10).i64(f.length());
    } else if (fact instanceof BitmapsArmed f) {
      out.u8(11).i32(f.bitmaps());
    } else if (fact instanceof BitmapsSealed f) {
      out.u8(12).i32(f.bitmaps());
    } else {
      throw new IllegalStateException("no number is given to " + fact.getClass());
    }
  }

  static BitmapFact read(BinaryIn in) {
    int kind = in.u8();
    return switch (kind) {
      case 1 -> new BitmapAdded(in.text(), in.i64(), in.flag());
      case 2 -> new BitmapRemoved(in.text());
      case 3 -> new BitmapCleared(in.text());
      case 4 -> new BitmapEnabled(in.text());
      case 5 -> new BitmapDisabled(in.text());
      case 6 -> new BitmapsMerged(in.text(), texts(in));
      case 7 -> new BitmapFrozen(in.text(), in.text());
      case 8 -> new BitmapThawed(in.text(), in.text(), in.word(BitmapFact.Thaw.values()));
      case 9 ->
          new BitmapMoved(
              in.text(), in.word(BitmapFact.Side.values()), in.text(), in.i64(), in.flag());
      case 10 -> new BitmapsResized(in.i64());
      case 11 -> new BitmapsArmed(in.i32());
      case 12 -> new BitmapsSealed(in.i32());
      default -> throw new UnreadableEventException("a fact is of the unknown kind " + kind);
    };
  }

  static void writeAll(BinaryOut out, List<BitmapFact> facts) {
    out.u16(facts.size());
    facts.forEach(fact -> write(out, fact));
  }

  static List<BitmapFact> readAll(BinaryIn in) {
    int count = in.u16();
    List<BitmapFact> facts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      facts.add(read(in));
    }
    return facts;
  }

  private static List<String> texts(BinaryIn in) {
    int count = in.u16();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(in.text());
    }
    return texts;
  }
}
