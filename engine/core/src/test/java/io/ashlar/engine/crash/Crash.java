package io.ashlar.engine.crash;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A moment of a run and what is certain then. Moves forward only: what became certain is applied
 * once, so that a state costs what is pending.
 */
final class Crash {
  private static final byte RUBBISH = (byte) 0xDE;

  private static final class File {
    Pages certain;

    /** When the version of a sector that is certain was asked. */
    long[] asked = new long[64];

    long lengthAsked;
    long cutAsked;
    long length;

    File fork() {
      File other = new File();
      other.certain = certain.fork();
      other.asked = asked.clone();
      other.lengthAsked = lengthAsked;
      other.cutAsked = cutAsked;
      other.length = length;
      return other;
    }

    long asked(int sector) {
      return sector < asked.length ? asked[sector] : 0;
    }

    void asked(int sector, long when) {
      if (sector >= asked.length) {
        asked = Arrays.copyOf(asked, Math.max(sector + 1, asked.length * 2));
      }
      asked[sector] = when;
    }
  }

  private final Timeline timeline;
  private final Map<Integer, File> files = new HashMap<>();
  private final TreeMap<Path, Integer> names = new TreeMap<>();
  private final List<Change> pending = new ArrayList<>();
  private int next;
  private long at;

  /** At the beginning, when everything on the disk is certain. */
  Crash(Disk disk, Timeline timeline) {
    this.timeline = timeline;
    disk.names()
        .forEach(
            (path, inode) -> {
              if (inode.recorded) {
                File file = new File();
                file.certain = inode.now.fork();
                file.length = file.certain.length();
                files.put(inode.number, file);
                names.put(path, inode.number);
              }
            });
  }

  private Crash(Crash origin) {
    timeline = origin.timeline;
    origin.files.forEach((number, file) -> files.put(number, file.fork()));
    names.putAll(origin.names);
    pending.addAll(origin.pending);
    next = origin.next;
    at = origin.at;
  }

  /** Another one at the same moment, which moves by itself. */
  Crash fork() {
    return new Crash(this);
  }

  long at() {
    return at;
  }

  /** What may be kept or lost, in the order of asking. */
  List<Change> pending() {
    return pending;
  }

  /** Goes to a moment; true when other states are possible than before. */
  boolean moveTo(long moment) {
    at = moment;
    boolean differs = false;
    List<Change> all = timeline.changes();
    while (next < all.size() && all.get(next).issued <= moment) {
      pending.add(all.get(next++));
      differs = true;
    }
    for (int i = 0; i < pending.size(); i++) {
      Change change = pending.get(i);
      if (change.certain <= moment) {
        settle(change);
        pending.remove(i--);
        differs = true;
      }
    }
    return differs;
  }

  private File file(Inode inode) {
    return files.computeIfAbsent(
        inode.number,
        number -> {
          File file = new File();
          file.certain = new Pages();
          return file;
        });
  }

  private void settle(Change change) {
    if (change instanceof Change.Name name) {
      rename(names, name);
      return;
    }
    File file = file(change.inode);
    if (change instanceof Change.Length length) {
      if (length.issued > file.lengthAsked) {
        cut(file, file.certain, length);
        if (length.after < length.before) {
          file.length = length.after;
          file.cutAsked = length.issued;
        }
        file.length = Math.max(file.length, length.after);
        file.lengthAsked = length.issued;
        file.certain.growTo(length.after);
      }
      return;
    }
    BitSet all = new BitSet();
    all.set(0, change.sectors());
    apply(file, file.certain, change, all, false);
    if (change instanceof Change.Data data && data.issued > file.cutAsked) {
      file.length = Math.max(file.length, data.end);
      file.certain.growTo(file.length);
    }
    int first = first(change);
    for (int i = 0; i < change.sectors(); i++) {
      if (change.issued > file.asked(first + i)) {
        file.asked(first + i, change.issued);
      }
    }
  }

  private static int first(Change change) {
    return (int) change.firstSector();
  }

  private static void rename(Map<Path, Integer> names, Change.Name name) {
    if (name.removed != null) {
      names.remove(name.removed);
    }
    if (name.added != null) {
      names.put(name.added, name.target.number);
    }
  }

  /** What a cut takes away, but for sectors where something asked later is certain. */
  private static void cut(File file, Pages target, Change.Length length) {
    long next = length.after;
    while (next < length.before) {
      long sector = next / Pages.SECTOR;
      long end = Math.min(length.before, (sector + 1) * Pages.SECTOR);
      if (file.asked((int) sector) <= length.issued) {
        target.zero(next, end - next);
      }
      next = end;
    }
  }

  /** Sectors of a change over what is there, unless something asked later is certain. */
  private static void apply(
      File file, Pages target, Change change, BitSet sectors, boolean rubbish) {
    int first = first(change);
    for (int i = sectors.nextSetBit(0); i >= 0; i = sectors.nextSetBit(i + 1)) {
      if (file.asked(first + i) > change.issued) {
        continue;
      }
      long offset = (first + i) * (long) Pages.SECTOR;
      if (change instanceof Change.Data data) {
        target.write(offset, data.after[i], 0, Pages.SECTOR);
      } else if (rubbish) {
        byte[] fill = new byte[Pages.SECTOR];
        Arrays.fill(fill, RUBBISH);
        target.write(offset, fill, 0, Pages.SECTOR);
      } else {
        target.zero(offset, Pages.SECTOR);
      }
    }
  }

  /** The disk after a crash now. */
  Disk state(Choice choice, Timeline onto, java.util.function.LongSupplier clock, long nanos) {
    Map<Integer, Pages> contents = new HashMap<>();
    Map<Integer, Long> lengths = new HashMap<>();
    TreeMap<Path, Integer> left = new TreeMap<>(names);
    BitSet kept = withCuts(choice.kept());
    for (int i = kept.nextSetBit(0); i >= 0; i = kept.nextSetBit(i + 1)) {
      Change change = pending.get(i);
      if (change instanceof Change.Name name) {
        rename(left, name);
        continue;
      }
      File file = file(change.inode);
      Pages target = contents.computeIfAbsent(change.inode.number, number -> file.certain.fork());
      if (change instanceof Change.Length length) {
        keep(file, target, length, lengths);
      } else {
        BitSet sectors = choice.torn().get(i);
        if (sectors == null) {
          sectors = new BitSet();
          sectors.set(0, change.sectors());
        }
        apply(file, target, change, sectors, choice.rubbish().get(i));
      }
    }
    Disk disk = new Disk(onto, clock);
    left.forEach(
        (path, number) -> {
          File file = files.get(number);
          Pages content = contents.get(number);
          if (content == null) {
            content = file == null ? new Pages() : file.certain.fork();
          }
          content.setLength(lengths.getOrDefault(number, file == null ? 0 : file.length));
          disk.put(path, number, content, nanos);
        });
    return disk;
  }

  /** A length that is kept keeps the cuts before it as well, each in its place among the others. */
  private BitSet withCuts(BitSet kept) {
    BitSet all = (BitSet) kept.clone();
    Set<Integer> cut = new HashSet<>();
    for (int i = kept.length() - 1; i >= 0; i--) {
      if (pending.get(i) instanceof Change.Length length) {
        if (kept.get(i)) {
          cut.add(length.inode.number);
        }
        if (length.after < length.before && cut.contains(length.inode.number)) {
          all.set(i);
        }
      }
    }
    return all;
  }

  private static void keep(
      File file, Pages target, Change.Length length, Map<Integer, Long> lengths) {
    if (length.issued < file.lengthAsked) {
      return;
    }
    cut(file, target, length);
    long least = length.after < length.before ? 0 : file.length;
    lengths.put(length.inode.number, Math.max(length.after, least));
  }
}
