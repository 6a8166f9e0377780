package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Layout;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.ErrorCode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Checks an image and mends it (section 18), straight on the storage child: the caller has written
 * back its caches before, and forgets them after a repair. Memory is bounded: 16 MiB of counts, 16
 * MiB of refcounts; a larger image is walked once for each window of counts.
 *
 * <p>Counts go by what refers to a cluster. A repair lets the references stand and changes
 * refcounts and COPIED flags: first refcounts, flushed, then flags, flushed, then the dirty and
 * corrupt bits. After a crash in between, the check finds what is left.
 */
final class RefcountCheck {
  private static final int MAX_FINDINGS = 1000;

  private final BlockIo file;
  private final HeaderFile header;
  private final String where;
  private final Geometry g;

  /** What one round found. */
  static final class Tally implements ImageWalk.Findings {
    final List<String> findings = new ArrayList<>();
    long corruptions;
    long leaks;
    long bitmapErrors;
    boolean rebuild;
    boolean unknownOwners;

    /** Clusters of the file up to the last one in use. */
    long end;

    Layout layout = Layout.UNKNOWN;

    @Override
    public void corruption(String text) {
      corruptions++;
      note(text);
    }

    @Override
    public void bitmap(String text) {
      bitmapErrors++;
      note(text);
    }

    @Override
    public void remark(String text) {
      note(text);
    }

    /** Everything that is wrong, of bitmaps too. */
    long errors() {
      return corruptions + bitmapErrors;
    }

    void leak(String text) {
      leaks++;
      note(text);
    }

    private void note(String text) {
      if (findings.size() < MAX_FINDINGS) {
        findings.add(text);
      }
    }
  }

  /**
   * A check of one image.
   *
   * @param file the storage child
   * @param header its header on disk; changed only by a repair
   * @param where the node's name, for messages
   */
  RefcountCheck(BlockIo file, HeaderFile header, String where) {
    this.file = file;
    this.header = header;
    this.where = where;
    this.g = header.header().geometry();
  }

  /**
   * Checks, mends what is asked for, and checks again after mending.
   *
   * @throws BlockException NOT_SUPPORTED for images with features that are not served;
   *     IMAGE_CORRUPT when LEAKS is asked for and refcounts must be rebuilt
   */
  CheckResult run(Repair repair) {
    for (String feature : FeatureCheck.notServed(header.header())) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED, "'" + where + "' cannot be checked: " + feature);
    }
    Tally before = round(Repair.NONE, false);
    new CopiedCheck(file, header.header()).run(before, false);
    if (repair == Repair.NONE) {
      return new CheckResult(before.errors(), before.leaks, 0, 0, before.findings, before.layout);
    }
    requireMendable(repair, before);
    mend(repair, before);
    Tally after = round(Repair.NONE, false);
    new CopiedCheck(file, header.header()).run(after, false);
    if (after.corruptions == 0) {
      long marks = Header.DIRTY | Header.CORRUPT;
      if ((header.header().incompatible() & marks) != 0) {
        header.update(header.header().withIncompatible(marks, false));
      }
    }
    return new CheckResult(
        before.errors(),
        before.leaks,
        Math.max(0, before.errors() - after.errors()),
        Math.max(0, before.leaks - after.leaks),
        before.findings,
        after.layout);
  }

  /**
   * What a read-write open of a dirty image needs: everything mended and the mark gone.
   *
   * @throws BlockException IMAGE_CORRUPT when something is left that cannot be mended
   */
  void repairDirty() {
    CheckResult result = run(Repair.ALL);
    if (header.header().dirty()) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "'"
              + where
              + "' was not closed cleanly, and "
              + (result.corruptions() - result.corruptionsFixed())
              + " errors could not be mended, such as: "
              + result.findings().stream().findFirst().orElse("none")
              + "; open it read-only and copy its data");
    }
  }

  private void requireMendable(Repair repair, Tally found) {
    if (repair == Repair.LEAKS && found.rebuild) {
      throw new BlockException(
          ErrorCode.IMAGE_CORRUPT,
          "'" + where + "': ERROR need to rebuild refcount structures; repair all, not leaks");
    }
  }

  private void mend(Repair repair, Tally found) {
    boolean all = repair == Repair.ALL;
    if (all) {
      new CopiedCheck(file, header.header()).dropUnalignedZeroes();
    }
    if (all && found.rebuild) {
      new RefcountRebuild(file, header, where, found.unknownOwners).run();
    } else {
      round(repair, found.unknownOwners);
    }
    // Flags may only follow refcounts that are right and durable.
    if (all) {
      new CopiedCheck(file, header.header()).run(new Tally(), true);
    }
  }

  /**
   * Counts, compares, and sets refcounts where the repair says so.
   *
   * @param unknownOwners whether an earlier round found that clusters without a user may have one
   */
  private Tally round(Repair repair, boolean unknownOwners) {
    Tally tally = new Tally();
    ImageWalk walk = new ImageWalk(file, header.header());
    BitmapWalk bitmaps = new BitmapWalk(file, header.header(), walk, where, unknownOwners);
    StoredRefcounts stored = new StoredRefcounts(file, header.header(), walk);
    BitSet windows = windows(walk, bitmaps, stored);
    ImageWalk.Findings telling = tally;
    boolean first = true;
    LayoutCount layout = null;
    for (int w = windows.nextSetBit(0); w >= 0; w = windows.nextSetBit(w + 1)) {
      CountWindow counts = new CountWindow(g, w, tally);
      // What is wrong with the tables is told once, not once a window.
      if (first) {
        layout = new LayoutCount(counts, g);
        walk.walk(layout, telling);
      } else {
        walk.walk(counts, text -> {});
      }
      walk.walkRefcountTable(counts, first ? telling : text -> {});
      countBlocks(stored, counts, tally, first);
      // After all others, who own what a damaged bitmap claims as well.
      bitmaps.walk(counts, first ? telling : text -> {});
      tally.unknownOwners = bitmaps.unknown();
      compare(walk, stored, counts, tally, repair);
      first = false;
    }
    if (repair != Repair.NONE) {
      stored.flush();
    }
    if (layout != null) {
      tally.layout = layout.layout(tally.end, header.header().size());
    }
    return tally;
  }

  /** The windows in which anything is referred to or counted. */
  private BitSet windows(ImageWalk walk, BitmapWalk bitmaps, StoredRefcounts stored) {
    CountWindow.Touched touched = new CountWindow.Touched(g);
    if (walk.clusters() <= 1L << CountWindow.BITS) {
      touched.windows.set(0);
      return touched.windows;
    }
    walk.walk(touched, text -> {});
    walk.walkRefcountTable(touched, text -> {});
    bitmaps.walk(touched, text -> {});
    stored.eachBlock(offset -> touched.used(offset, g.clusterSize()));
    for (int i = 0; i < stored.tableLength(); i++) {
      long first = (long) i << g.refcountsPerBlockBits();
      if (stored.hasBlock(i) && first < walk.clusters()) {
        long end = Math.min(first + g.refcountsPerBlock(), walk.clusters());
        touched.used(first << g.clusterBits(), end - first << g.clusterBits());
      }
    }
    return touched.windows;
  }

  /** Counts the refcount blocks, last of all: each is then the only user of its cluster. */
  private void countBlocks(StoredRefcounts stored, CountWindow counts, Tally tally, boolean first) {
    for (int i = 0; i < stored.tableLength(); i++) {
      long entry = stored.tableEntry(i);
      if (entry == 0) {
        continue;
      }
      if (!stored.hasBlock(i)) {
        if (first) {
          tally.corruption(
              "ERROR refcount block "
                  + i
                  + (g.aligned(entry)
                      ? " is outside image"
                      : " is not cluster aligned; refcount table entry corrupted"));
        }
        tally.rebuild = true;
        continue;
      }
      long cluster = entry >>> g.clusterBits();
      if (counts.covers(cluster)) {
        counts.used(entry, g.clusterSize());
        if (counts.get(cluster) != 1) {
          tally.corruption("ERROR refcount block " + i + " refcount=" + counts.get(cluster));
          tally.rebuild = true;
        }
      }
    }
  }

  private void compare(
      ImageWalk walk, StoredRefcounts stored, CountWindow counts, Tally tally, Repair repair) {
    long end = Math.min(walk.clusters(), counts.first() + (1L << CountWindow.BITS));
    long c = counts.first();
    while (c < end) {
      long block = c >>> g.refcountsPerBlockBits();
      long blockEnd = Math.min(end, block + 1 << g.refcountsPerBlockBits());
      if (!stored.hasBlock(block)) {
        // All stored counts are zero here: only what is referred to can be wrong.
        long next = counts.nextCounted(c);
        if (next < 0) {
          return;
        }
        if (next >= blockEnd) {
          c = next;
          continue;
        }
        c = next;
      }
      for (; c < blockEnd; c++) {
        compareOne(c, stored, counts.get(c), tally, repair);
      }
    }
  }

  private void compareOne(
      long cluster, StoredRefcounts stored, long referenced, Tally tally, Repair repair) {
    long refcount = stored.get(cluster);
    if (refcount != 0 || referenced != 0) {
      tally.end = cluster + 1;
    }
    if (refcount == referenced) {
      return;
    }
    String numbers =
        " cluster "
            + cluster
            + " refcount="
            + Long.toUnsignedString(refcount)
            + " reference="
            + referenced;
    boolean leak = Long.compareUnsigned(refcount, referenced) > 0;
    if (leak) {
      tally.leak("Leaked" + numbers);
    } else {
      tally.corruption("ERROR" + numbers);
      tally.rebuild |= refcount == 0;
    }
    if (referenced == 0 && tally.unknownOwners) {
      return; // a bitmap that nobody can read may own it
    }
    if (repair == Repair.ALL || leak && repair == Repair.LEAKS) {
      stored.set(cluster, referenced);
    }
  }
}
