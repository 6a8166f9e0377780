package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatPast;
import io.ashlar.engine.bitmap.heat.Recovery;
import io.ashlar.engine.bitmap.heat.Recovery.Result;
import io.ashlar.engine.journal.AfterCrash;
import io.ashlar.engine.journal.BitmapFact;
import io.ashlar.engine.journal.ImageRecords;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.engine.journal.file.RecordVisitor;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an image and its journal say of each other when a guard has an unusual past. */
final class CrashGuardTest {
  private static final long G = 65_536;
  private static final long LENGTH = 4L << 20;
  private static final String GOOD = "good";
  private static final String LOST = "lost";

  private final FakeStore store = new FakeStore();
  private final List<Map<String, Result>> crashes = new ArrayList<>();
  private final FakeRecords journal = new FakeRecords(this::crash);
  private final VirtualTime time = new VirtualTime(1);
  private boolean begun;

  private final class Log implements LifecycleLog {
    @Override
    public void ready(String by, Supplier<List<StoredBitmap>> image) {}

    @Override
    public Intent intend(String by, List<BitmapFact> facts) {
      return Intent.NONE;
    }

    @Override
    public void note(String by, BitmapFact fact) {}

    @Override
    public Optional<String> story(String bitmap) {
      return Optional.empty();
    }

    @Override
    public Optional<ImageRecords> records() {
      return Optional.of(journal);
    }

    @Override
    public void examine(AfterCrash crash) {
      RecordVisitor records = crash.records();
      journal.records().forEach(records::visit);
      crash.settle(journal.identity(), FakeRecords.NOW);
    }

    @Override
    public void release() {}
  }

  private void crash() {
    if (begun) {
      crashes.add(recovered(store.disk, store.fence));
    }
  }

  /** What recovery would say of an image with the journal as it is. */
  private Map<String, Result> recovered(List<FakeStore.Entry> disk, Fence fence) {
    HeatPast past = new HeatPast(CrashRules.SOUND);
    journal.records().forEach(past::visit);
    List<StoredBitmap> directory = new ArrayList<>();
    disk.forEach(entry -> directory.add(entry.stored(directory.size())));
    return Recovery.of(
        new Recovery.Evidence(
            past,
            journal.identity(),
            fence,
            directory,
            LENGTH,
            Optional.of(FakeRecords.NOW),
            false),
        CrashRules.SOUND);
  }

  private Desk desk() {
    return new Desk("n", new NodeBitmaps("n", time, time, new Log(), CrashRules.SOUND, false));
  }

  /**
   * What the documentation advises for a bitmap that was lost: a transaction that removes it and
   * adds it anew. A crash in it must not make the lost one pass for the new one.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aLostBitmapDoesNotPassForTheOneInItsPlace(boolean unreadable) {
    store.fences = true;
    store.put(GOOD, G, false, true);
    store.put(LOST, G, !unreadable, true);
    if (unreadable) {
      store.hooks.put("load", this::secondLoadFails);
    }
    for (String call : List.of("stage", "publish", "changeFence", "revokeFence", "arm")) {
      store.hooks.put(call, this::crash);
    }
    Desk desk = desk();
    new NodeTransitions(desk).load(store, () -> {}, true, LENGTH);
    begun = true;
    crash();
    assertThat(crashes.get(0).get(GOOD)).isInstanceOf(Result.Recovered.class);
    assertThat(crashes.get(0).get(LOST)).isInstanceOf(Result.Refused.class);

    Stages stages = new Stages(desk);
    StagedBitmaps staged = stages.begin("transaction");
    staged.remove(LOST);
    staged.add(LOST, new Bitmaps.Settings(G, true, false), G);
    stages.prepare(staged);
    List<Map<String, Result>> before = List.copyOf(crashes);
    stages.commit(staged);
    crash();

    assertThat(before).hasSizeGreaterThan(3);
    assertThat(before).allSatisfy(r -> assertThat(r.get(LOST)).isInstanceOf(Result.Refused.class));
    assertThat(crashes.get(crashes.size() - 1).get(LOST)).isInstanceOf(Result.Recovered.class);
    assertThat(crashes)
        .allSatisfy(r -> assertThat(r.get(GOOD)).isInstanceOf(Result.Recovered.class));
  }

  private void secondLoadFails() {
    if (store.calls.stream().filter("load"::equals).count() == 2) {
      throw new BlockException(ErrorCode.IMAGE_CORRUPT, "its table is damaged");
    }
  }

  /** A node looked at the image after a crash, and then another host had it for a while. */
  @Test
  void anImageFromBeforeItWasSealedElsewhereIsAnOlderOne() {
    store.fences = true;
    store.put(GOOD, G, false, true);
    new NodeTransitions(desk()).load(store, () -> {}, true, LENGTH);
    List<FakeStore.Entry> crashed = List.copyOf(store.disk);
    Fence fence = store.fence;

    Desk desk = desk();
    new NodeTransitions(desk).load(store, () -> {}, false, LENGTH);
    assertThat(desk.state().generation().get(GOOD).recovery()).isNotNull();
    desk.disk().close();
    store.disk.clear();
    store.put(GOOD, G, false, true);
    store.fence = null;
    new NodeTransitions(desk).load(store, () -> {}, true, LENGTH);

    assertThat(recovered(store.disk, store.fence).get(GOOD)).isInstanceOf(Result.Recovered.class);
    assertThat(recovered(crashed, fence).get(GOOD)).isInstanceOf(Result.Refused.class);
  }
}
