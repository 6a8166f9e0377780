package io.ashlar.engine.sim;

import io.ashlar.engine.sim.SimImage.Entry;
import io.ashlar.engine.sim.SimImage.Header;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * What the bitmaps of one image must know, from the point of view of the one who asks: which writes
 * have to be dirty whatever happens. While a command is under way, nobody can say what it has done
 * to its bitmap, so writes of that time count only once its result is known.
 */
final class Truth {
  /** A bitmap. */
  static final class Tracked {
    final String name;
    final boolean persistent;
    boolean enabled;
    boolean inconsistent;

    /**
     * Nobody trusts it any more, and what is on the disk may still be valid: then that must be
     * right.
     */
    boolean givenUp;

    /** Its removal failed, and may have reached the disk all the same. */
    boolean mayBeGone;

    /** Writes, by granule, that it must show as dirty. */
    private List<Set<Long>> required = empty();

    /** Of the time of a command that is under way, and of the time before it. */
    private List<Set<Long>> uncertain;

    /** Writes since a job took it. */
    private List<Set<Long>> sinceFreeze;

    /** What it had to show when a backup that still runs took it. */
    private List<Set<Long>> beforeBackup;

    Tracked(String name, boolean persistent, boolean enabled) {
      this.name = name;
      this.persistent = persistent;
      this.enabled = enabled;
    }

    /** Only what is on the disk still counts; whoever held it is gone. */
    void afterCrash(java.util.function.IntToLongFunction content) {
      sinceFreeze = null;
      for (int i = 0; i < SimImage.GRANULES; i++) {
        required.get(i).retainAll(Set.of(content.applyAsLong(i)));
      }
    }

    private static List<Set<Long>> empty() {
      List<Set<Long>> all = new ArrayList<>();
      for (int i = 0; i < SimImage.GRANULES; i++) {
        all.add(new HashSet<>(2));
      }
      return all;
    }

    boolean held() {
      return sinceFreeze != null;
    }

    /** A command that may take bits away, or that starts or ends recording, is under way. */
    void begin(boolean mayLoseBits) {
      uncertain = empty();
      if (mayLoseBits) {
        List<Set<Long>> before = required;
        required = uncertain;
        uncertain = before;
        // what was required is uncertain; nothing is required
      }
    }

    /** It failed: everything is as if it had not been. */
    void failed() {
      for (int i = 0; i < SimImage.GRANULES; i++) {
        required.get(i).addAll(uncertain.get(i));
      }
      uncertain = null;
    }

    /** It succeeded; whether what was uncertain is to be known. */
    void succeeded(boolean keep) {
      if (keep) {
        failed();
      } else {
        uncertain = null;
      }
    }

    /** A backup takes it at this moment: from now on only what comes later is certainly there. */
    void backedUp() {
      beforeBackup = required;
      required = empty();
    }

    /** Whether a backup has it. */
    boolean inBackup() {
      return beforeBackup != null;
    }

    /**
     * The backup has ended.
     *
     * @param back the granules in which everything has to be as if there had been no backup
     */
    void backupEnded(IntPredicate back) {
      for (int i = 0; i < SimImage.GRANULES; i++) {
        if (back.test(i)) {
          required.get(i).addAll(beforeBackup.get(i));
        }
      }
      beforeBackup = null;
    }

    /** Whether a granule was certainly dirty when a backup that still runs took it. */
    boolean backupNeeds(int granule) {
      return !beforeBackup.get(granule).isEmpty();
    }

    /** A job took it. */
    void frozen() {
      sinceFreeze = empty();
    }

    /** The job has ended: its successor is all there is, or was put back. */
    void thawed(boolean replaced) {
      if (replaced && sinceFreeze != null) {
        required = sinceFreeze;
      }
      sinceFreeze = null;
    }

    private void written(int granule, long id) {
      if (!enabled || inconsistent && !givenUp) {
        return;
      }
      if (uncertain != null) {
        uncertain.get(granule).add(id);
        return;
      }
      required.get(granule).add(id);
      if (sinceFreeze != null) {
        sinceFreeze.get(granule).add(id);
      }
    }

    Set<Long> required(int granule) {
      return required.get(granule);
    }

    /** What was merged from another one. */
    void merged(Tracked from) {
      for (int i = 0; i < SimImage.GRANULES; i++) {
        required.get(i).addAll(from.required.get(i));
      }
    }

    /** Cut off by a resize. */
    void cut(int granules) {
      for (int i = granules; i < SimImage.GRANULES; i++) {
        required.get(i).clear();
        if (sinceFreeze != null) {
          sinceFreeze.get(i).clear();
        }
      }
    }
  }

  private final Map<String, Tracked> bitmaps = new LinkedHashMap<>();

  /** A command on one of them is under way: what is recorded at this moment is nobody's view. */
  boolean commanded;

  Map<String, Tracked> bitmaps() {
    return bitmaps;
  }

  void written(int granule, long id) {
    bitmaps.values().forEach(bitmap -> bitmap.written(granule, id));
  }

  /**
   * Whether a crash at this moment could leave a bitmap that loads as valid and shows a written
   * granule as clean; the complaint, or {@code null}.
   */
  String falseClean(SimDisk disk) {
    for (byte[] headerBytes : disk.possible(0)) {
      Header header = Header.of(headerBytes);
      for (int i = 0; i < header.count(); i++) {
        for (byte[] bytes : disk.possible(SimImage.sector(header.slot(), i))) {
          String complaint = falseClean(disk, header, Entry.of(bytes));
          if (complaint != null) {
            return complaint;
          }
        }
      }
    }
    return null;
  }

  private String falseClean(SimDisk disk, Header header, Entry entry) {
    if (entry.name().isEmpty()) {
      return "the directory of " + disk.name + " in slot " + header.slot() + " may hold nothing";
    }
    Tracked bitmap = entry.inUse() ? null : bitmaps.get(entry.name());
    if (bitmap == null || !bitmap.persistent) {
      return null;
    }
    if (bitmap.inconsistent && !bitmap.givenUp) {
      return "bitmap '" + entry.name() + "' was inconsistent and may load as valid";
    }
    for (int granule = 0; granule < SimImage.GRANULES; granule++) {
      Set<Long> required = bitmap.required(granule);
      if (required.isEmpty() || entry.dirty(granule)) {
        continue;
      }
      for (byte[] content : disk.possible(SimImage.dataSector(granule))) {
        long id = ByteBuffer.wrap(content).getLong();
        if (required.contains(id)) {
          return "bitmap '"
              + entry.name()
              + "' of "
              + disk.name
              + " may load as valid from slot "
              + header.slot()
              + " with granule "
              + granule
              + " clean, which write "
              + id
              + " changed";
        }
      }
    }
    return null;
  }
}
