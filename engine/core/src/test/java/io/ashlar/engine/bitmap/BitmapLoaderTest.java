package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.bitmap.bits.MemoryBudget;
import io.ashlar.engine.journal.LifecycleLog;
import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapSink;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.StoredBitmap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Bitmaps of images that nobody vouches for: bounded memory, and no open fails because of them. */
class BitmapLoaderTest {
  private static final long G = Rig.GRANULE;
  private static final long MIB = 1L << 20;
  private final FakeStore store = new FakeStore();

  private DirectoryState load(long length, long budget) {
    return BitmapLoader.load(store, true, length, budget);
  }

  @Test
  void aDamagedEntryIsListedAndTheOthersAreLoaded() {
    store.put("bad", G, false, true);
    store.put("good", G, false, true, G);
    store.hooks.put(
        "load",
        () -> {
          store.hooks.remove("load");
          throw new BlockException(ErrorCode.IMAGE_CORRUPT, "table of 'bad' lies outside the file");
        });
    DirectoryState state = load(Rig.LENGTH, 256 * MIB);
    assertThat(state.unusable("bad").orElseThrow().unusable()).contains("outside the file");
    assertThat(state.generation().get("good").tree().isSet(G)).isTrue();
    assertThat(state.infos(true, LifecycleLog.NONE))
        .extracting("name")
        .containsExactly("good", "bad");
  }

  @Test
  void anErrorOfTheStorageFailsTheOpen() {
    store.put("b", G, false, true);
    store.failOnce("load");
    assertThatThrownBy(() -> load(Rig.LENGTH, 256 * MIB)).hasMessageContaining("load of 'image'");
  }

  @Test
  void aDirectoryThatCannotBeReadIsListedAsDamaged() {
    store.hooks.put(
        "directory",
        () -> {
          throw new BlockException(ErrorCode.IMAGE_CORRUPT, "the directory is too short");
        });
    DirectoryState state = load(Rig.LENGTH, 256 * MIB);
    assertThat(state.infos(false, LifecycleLog.NONE)).hasSize(1);
    assertThat(state.infos(false, LifecycleLog.NONE).get(0).reason()).contains("too short");
  }

  @Test
  void theSecondOfTwoEntriesOfOneNameIsUnusable() {
    store.put("b", G, false, true, 0);
    store.put("b", G, false, true, G);
    DirectoryState state = load(Rig.LENGTH, 256 * MIB);
    assertThat(state.generation().get("b").tree().isSet(0)).isTrue();
    assertThat(state.unusable("b").orElseThrow().unusable()).contains("same name");
  }

  @Test
  void bitsThatNeedMoreThanTheBudgetAreNotLoaded() {
    for (int i = 0; i < 4; i++) {
      store.put("spread" + i, 512, false, true, spread(2000, MIB));
    }
    DirectoryState state = load(4096 * MIB, 2 * MIB);
    assertThat(state.generation().bitmaps()).isNotEmpty();
    assertThat(state.preserved()).isNotEmpty();
    assertThat(state.preserved().get(0).unusable()).contains("2 MiB of memory");
  }

  /** A few bytes of the image that stand for an endless run of ones. */
  @Test
  void aBombOfOnesIsRefusedBeforeItTakesMemory() {
    BitmapStore bomb =
        new BitmapStore() {
          @Override
          public List<StoredBitmap> directory() {
            return List.of(new StoredBitmap(0, "bomb", 512, false, true, null));
          }

          @Override
          public void load(StoredBitmap bitmap, BitmapSink sink) {
            sink.allSet(0, 1L << 45);
          }

          @Override
          public void arm() {}

          @Override
          public StagedDirectory stage(List<BitmapEntry> entries) {
            throw new AssertionError("nothing is stored");
          }

          @Override
          public void checkStorable(String name, long granularity, long length, int already) {}
        };
    DirectoryState state = BitmapLoader.load(bomb, true, 1L << 54, MemoryBudget.ONE_IMAGE);
    assertThat(state.unusable("bomb").orElseThrow().unusable()).contains("256 MiB");
  }

  @Test
  void manyInconsistentOnesTakeNoMemory() {
    for (int i = 0; i < 65_535; i++) {
      store.put("x" + i, 512, true, true);
    }
    DirectoryState state = load(1L << 54, MIB);
    assertThat(state.generation().bitmaps()).hasSize(65_535);
  }

  private static long[] spread(int spots, long distance) {
    long[] offsets = new long[spots];
    for (int i = 0; i < spots; i++) {
      offsets[i] = i * distance;
    }
    return offsets;
  }
}
