package io.ashlar.engine.bitmap.bits;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The bitmaps of a node between two changes of what is recorded; immutable. Functions return the
 * {@link Change} to the next one, for {@link Recording#apply}.
 */
public final class Generation {
  private final List<BitmapState> bitmaps;
  private final BitTree[] recording;

  private Generation(List<BitmapState> bitmaps) {
    this.bitmaps = List.copyOf(bitmaps);
    recording =
        bitmaps.stream()
            .map(BitmapState::recordingTree)
            .flatMap(Optional::stream)
            .toArray(BitTree[]::new);
  }

  /**
   * The bitmaps that a node has when it is opened.
   *
   * @throws BlockException BITMAP_EXISTS when a name stands twice
   */
  public static Generation of(List<BitmapState> bitmaps) {
    Generation made = new Generation(bitmaps);
    long names = bitmaps.stream().map(BitmapState::name).distinct().count();
    if (names != bitmaps.size()) {
      throw new BlockException(
          ErrorCode.BITMAP_EXISTS, "two bitmaps of one node have the same name");
    }
    return made;
  }

  /** All bitmaps, in the order they were added. */
  public List<BitmapState> bitmaps() {
    return bitmaps;
  }

  /** The bitmap of that name. */
  public Optional<BitmapState> find(String name) {
    return bitmaps.stream().filter(b -> b.name().equals(name)).findFirst();
  }

  /**
   * The bitmap of that name.
   *
   * @throws BlockException BITMAP_NOT_FOUND
   */
  public BitmapState get(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new BlockException(
                    ErrorCode.BITMAP_NOT_FOUND,
                    "no bitmap '"
                        + name
                        + "'; there are "
                        + bitmaps.stream().map(BitmapState::name).toList()));
  }

  /** The trees that guest writes are recorded in. */
  BitTree[] recording() {
    return recording;
  }

  /** The step to another generation; what fills trees runs when no writer of this one is left. */
  public record Change(Generation next, Runnable fill) {
    /** A step that fills nothing. */
    public Change(Generation next) {
      this(next, () -> {});
    }
  }

  /**
   * Adds a bitmap.
   *
   * @throws BlockException BITMAP_EXISTS
   */
  public Change add(BitmapState bitmap) {
    if (find(bitmap.name()).isPresent()) {
      throw new BlockException(
          ErrorCode.BITMAP_EXISTS, "there is a bitmap '" + bitmap.name() + "' already");
    }
    List<BitmapState> all = new ArrayList<>(bitmaps);
    all.add(bitmap);
    return new Change(new Generation(all));
  }

  /**
   * Removes a bitmap, an inconsistent one too.
   *
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY
   */
  public Change remove(String name) {
    BitmapState gone = get(name).requireFree();
    return new Change(new Generation(bitmaps.stream().filter(b -> !b.equals(gone)).toList()));
  }

  /**
   * Starts or stops recording.
   *
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY, BITMAP_INCONSISTENT
   */
  public Change enable(String name, boolean enabled) {
    get(name).requireChangeable(false);
    return new Change(with(name, b -> b.withEnabled(enabled)));
  }

  /**
   * Empties a bitmap. The bits that it had stay in the tree that this generation has.
   *
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY, BITMAP_INCONSISTENT
   */
  public Change clear(String name) {
    get(name).requireChangeable(false);
    return new Change(with(name, b -> b.emptied(b.tree().emptied())));
  }

  /**
   * Adds the bits of other bitmaps, of this node or another, to a bitmap.
   *
   * @param sources trees of usable bitmaps
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY, BITMAP_INCONSISTENT for the target
   */
  public Change merge(String target, List<BitTree> sources) {
    BitTree old = get(target).requireChangeable(false).tree();
    // A new tree, so that a merge that fails leaves the target as it was.
    BitTree merged = old.emptied();
    return new Change(
        with(target, b -> b.withTree(merged)),
        () -> {
          merged.merge(old);
          sources.forEach(merged::merge);
        });
  }

  /**
   * Gives the bitmap to a job: it is frozen, and a successor records in its place.
   *
   * @throws BlockException BITMAP_NOT_FOUND, BITMAP_BUSY, BITMAP_INCONSISTENT
   */
  public Change createSuccessor(String name) {
    get(name).requireChangeable(false);
    return new Change(with(name, b -> b.withSuccessor(b.tree().emptied()).withBusy(true)));
  }

  /** The job succeeded: the successor takes the bitmap's place and name. */
  public Change abdicate(String name) {
    BitTree successor = requireSuccessor(name);
    return new Change(with(name, b -> b.emptied(successor).withSuccessor(null).withBusy(false)));
  }

  /** The job failed or was cancelled: the bitmap gets the successor's bits too and records on. */
  public Change reclaim(String name) {
    BitTree successor = requireSuccessor(name);
    BitTree old = get(name).tree();
    BitTree both = old.emptied();
    return new Change(
        with(name, b -> b.withTree(both).withSuccessor(null).withBusy(false)),
        () -> {
          both.merge(old);
          both.merge(successor);
        });
  }

  /** Holds a bitmap or lets it go without a successor, for exports. */
  public Change hold(String name, boolean busy) {
    if (busy) {
      get(name).requireFree().requireConsistent();
    }
    return new Change(with(name, b -> b.withBusy(busy)));
  }

  /**
   * All bitmaps for another length of the node: what is added is clean, what is cut off is dropped.
   *
   * @throws BlockException BITMAP_BUSY, BITMAP_INCONSISTENT; as in QEMU such a bitmap forbids a
   *     resize
   */
  public Change resize(long length) {
    bitmaps.forEach(b -> b.requireChangeable(false));
    List<BitmapState> all =
        bitmaps.stream().map(b -> b.withTree(new BitTree(length, b.tree().granularity()))).toList();
    return new Change(
        new Generation(all),
        () -> {
          for (int i = 0; i < all.size(); i++) {
            all.get(i).tree().merge(bitmaps.get(i).tree());
          }
        });
  }

  /** Another state of one bitmap that changes nothing of what is recorded, such as persistence. */
  public Generation with(String name, UnaryOperator<BitmapState> change) {
    BitmapState old = get(name);
    return new Generation(bitmaps.stream().map(b -> b.equals(old) ? change.apply(b) : b).toList());
  }

  private BitTree requireSuccessor(String name) {
    return get(name)
        .successor()
        .orElseThrow(() -> new IllegalStateException("bitmap '" + name + "' has no successor"));
  }
}
