package io.ashlar.engine.crash;

import io.ashlar.engine.journal.file.RecordTypes;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Says what a change of the disk was, in words of the formats. */
final class Describe {
  private static final int FRAME = 0x414a4652;
  private static final int FRAME_HEADER = 64;

  private final Disk whole;
  private final Disk none;

  /**
   * Words for changes.
   *
   * @param whole the disk with everything kept, which says where things are
   * @param none the disk with nothing kept
   */
  private Describe(Disk whole, Disk none) {
    this.whole = whole;
    this.none = none;
  }

  /** What a crash loses or tears. */
  static List<String> missing(Machine machine, Crash crash, Choice choice) {
    Disk whole = disk(machine, crash, Choice.all(crash.pending().size()));
    Disk none = disk(machine, crash, Choice.mask(0));
    return new Describe(whole, none).missing(crash.pending(), choice);
  }

  private static Disk disk(Machine machine, Crash crash, Choice choice) {
    return crash.state(choice, new Timeline(), machine::wallNanos, Explorer.WALL);
  }

  private List<String> missing(List<Change> pending, Choice choice) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < pending.size(); i++) {
      BitSet torn = choice.torn().get(i);
      if (!choice.kept().get(i)) {
        lines.add("lost: " + text(pending.get(i)));
      }
      if (choice.kept().get(i) && torn != null) {
        BitSet lost = new BitSet();
        lost.set(0, pending.get(i).sectors());
        lost.andNot(torn);
        lines.add(
            "torn, sectors " + lost.stream().boxed().toList() + " lost: " + text(pending.get(i)));
      }
      if (choice.kept().get(i) && choice.rubbish().get(i)) {
        lines.add("rubbish: " + text(pending.get(i)));
      }
    }
    return lines;
  }

  private String text(Change change) {
    if (change instanceof Change.Name name) {
      return name.added == null
          ? "removal of " + name.removed
          : "name " + name.added + (name.removed == null ? "" : " instead of " + name.removed);
    }
    String file = file(change.inode);
    if (change instanceof Change.Length length) {
      return "length of %s from %d to %d".formatted(file, length.before, length.after);
    }
    if (change instanceof Change.Hole hole) {
      return "hole in %s at sector %d+%d".formatted(file, hole.first, hole.count);
    }
    Change.Data data = (Change.Data) change;
    long offset = data.first * Pages.SECTOR;
    String what = file.endsWith("journal") || file.endsWith(".new") ? frame(data) : structure(data);
    return "%s @0x%x+%d: %s".formatted(file, offset, data.after.length * Pages.SECTOR, what);
  }

  private String file(Inode inode) {
    return whole.names().entrySet().stream()
        .filter(entry -> entry.getValue().number == inode.number)
        .map(entry -> entry.getKey().getFileName().toString())
        .findFirst()
        .orElse("file " + inode.number);
  }

  private String structure(Change.Data data) {
    try {
      return new Structures(
              new Qcow2View(whole.content(Machine.IMAGE)), none.content(Machine.IMAGE))
          .of(data.first * Pages.SECTOR, data.after);
    } catch (Qcow2View.Nonsense e) {
      return "bytes of an image that makes no sense: " + e.getMessage();
    }
  }

  private static String frame(Change.Data data) {
    ByteBuffer first = ByteBuffer.wrap(data.after[0]);
    if (first.getInt(0) != FRAME) {
      return "journal bytes";
    }
    int kind = first.getShort(4);
    int count = first.getInt(8);
    long lsn = first.getLong(40);
    if (kind == 3) {
      return "journal mark before lsn " + lsn;
    }
    StringBuilder text = new StringBuilder("journal frame " + first.getLong(32) + ":");
    int body = 0;
    ByteBuffer all = ByteBuffer.allocate(data.after.length * Pages.SECTOR);
    for (byte[] sector : data.after) {
      all.put(sector);
    }
    for (int i = 0; i < count; i++) {
      int at = FRAME_HEADER + body;
      text.append(i == 0 ? " " : ", ").append(type(all.getShort(at + 4)));
      body += Math.max(24, 24 + all.getInt(at));
    }
    return text.append(" lsn ").append(lsn).toString();
  }

  private static String type(int number) {
    for (Field field : RecordTypes.class.getFields()) {
      try {
        if (field.getInt(null) == number && !field.getName().startsWith("FIRST")) {
          return field.getName();
        }
      } catch (IllegalAccessException e) {
        return "record of type " + number;
      }
    }
    return "record of type " + number;
  }
}
