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
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.Finding;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random events, all kinds of them, with names that have every kind of character. */
final class Facts {
  static final Stamp STAMP =
      new Stamp("block-dirty-bitmap-clear", "disk0", "vmhost", 4711, "joe", 1_700_000_000_000L);

  /** How many kinds of fact {@link #fact} makes. */
  static final int KINDS = 12;

  private static final String[] PIECES = {"b", "Z", "ä", "漢", "😀", "\n", "\0", "'", "/", " "};
  private final SplittableRandom random;

  Facts(long seed) {
    random = new SplittableRandom(seed);
  }

  String text(int most) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(most + 1); left > 0; left--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  Stamp stamp() {
    return new Stamp(text(8), text(8), text(8), random.nextLong(), text(8), random.nextLong());
  }

  BitmapFact fact() {
    return fact(random.nextInt(KINDS));
  }

  BitmapFact fact(int kind) {
    String name = text(20);
    long number = random.nextLong();
    boolean flag = random.nextBoolean();
    return switch (kind) {
      case 0 -> new BitmapAdded(name, number, flag);
      case 1 -> new BitmapRemoved(name);
      case 2 -> new BitmapCleared(name);
      case 3 -> new BitmapEnabled(name);
      case 4 -> new BitmapDisabled(name);
      case 5 -> new BitmapsMerged(name, texts());
      case 6 -> new BitmapFrozen(name, text(9));
      case 7 -> new BitmapThawed(name, text(9), any(BitmapFact.Thaw.values()));
      case 8 -> new BitmapMoved(name, any(BitmapFact.Side.values()), text(9), number, flag);
      case 9 -> new BitmapsResized(number);
      case 10 -> new BitmapsArmed(random.nextInt());
      case 11 -> new BitmapsSealed(random.nextInt());
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }

  List<BitmapFact> facts() {
    List<BitmapFact> facts = new ArrayList<>();
    for (int left = random.nextInt(5); left > 0; left--) {
      facts.add(fact());
    }
    return facts;
  }

  LifecycleEvent event() {
    Stamp stamp = stamp();
    long change = random.nextInt(20);
    return switch (random.nextInt(5)) {
      case 0 -> new ImageOpened(stamp, random.nextInt());
      case 1 -> new ChangeIntended(stamp, change, facts());
      case 2 -> new ChangeDone(stamp, change, facts());
      case 3 -> new ChangeFailed(stamp, change, facts(), text(99));
      default ->
          new ImageReconciled(
              stamp,
              change,
              any(Finding.values()),
              text(20),
              random.nextLong(),
              random.nextBoolean(),
              text(99));
    };
  }

  private List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      texts.add(text(20));
    }
    return texts;
  }

  private <T> T any(T[] values) {
    return values[random.nextInt(values.length)];
  }
}
