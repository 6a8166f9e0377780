package io.ashlar.engine.crash;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Says in words of the format what bytes of an image are, and which of them a change changed. */
final class Structures {
  private static final int SHOWN = 4;
  private static final int FENCE = 0x4173686C;
  private static final int BITMAPS = 0x23852875;
  private static final int FEATURES = 0x6803f857;

  /** Offsets of the header's fields; each ends where the next one begins. */
  private static final TreeMap<Integer, String> FIELDS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(0, "magic and version"),
              Map.entry(8, "backing file"),
              Map.entry(20, "cluster bits"),
              Map.entry(24, "size"),
              Map.entry(32, "encryption"),
              Map.entry(36, "L1 size"),
              Map.entry(40, "L1 offset"),
              Map.entry(48, "refcount table offset"),
              Map.entry(56, "refcount table clusters"),
              Map.entry(60, "snapshots"),
              Map.entry(72, "incompatible features"),
              Map.entry(80, "compatible features"),
              Map.entry(88, "autoclear features"),
              Map.entry(96, "refcount order"),
              Map.entry(100, "header length"),
              Map.entry(104, "compression type")));

  private final Qcow2View view;
  private final Pages before;

  /**
   * Words for an image.
   *
   * @param view of the image as it says where things are
   * @param before what lay there before the changes
   */
  Structures(Qcow2View view, Pages before) {
    this.view = view;
    this.before = before;
  }

  /** What was written at an offset, a whole number of sectors. */
  String of(long offset, byte[][] sectors) {
    ByteBuffer after = ByteBuffer.allocate(sectors.length * Pages.SECTOR);
    for (byte[] sector : sectors) {
      after.put(sector);
    }
    ByteBuffer old = ByteBuffer.wrap(before.bytes(offset, after.capacity()));
    if (offset == 0) {
      return "header: " + header(old, after);
    }
    if (offset < view.cluster) {
      return "header cluster +" + offset;
    }
    List<String> places = new ArrayList<>();
    int at = 0;
    while (at < after.capacity()) {
      int end = (int) Math.min(after.capacity(), at + view.cluster - (offset + at) % view.cluster);
      places.add(cluster(offset + at, old.slice(at, end - at), after.slice(at, end - at)));
      at = end;
    }
    return some(places);
  }

  private static String some(List<String> all) {
    List<String> shown = all.subList(0, Math.min(SHOWN, all.size()));
    String more = all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : "";
    return String.join(", ", shown) + more;
  }

  /** Within one cluster. */
  private String cluster(long offset, ByteBuffer old, ByteBuffer after) {
    long place = view.place(offset);
    Qcow2View.Area area = view.area(offset);
    return switch (area.kind()) {
      case L1 -> "L1 " + entries(place, old, after);
      case L2 -> "L2 " + entries(place, old, after) + table(area);
      case REFCOUNT_TABLE -> "refcount table " + entries(place, old, after);
      case REFCOUNT_BLOCK ->
          view.refcountOrder == 4
              ? "counts " + counts(area, place, old, after) + " of refcount block" + at(area)
              : "refcount block" + at(area);
      case DIRECTORY -> "bitmap directory " + view.bitmapNames();
      case BITMAP_TABLE -> area.name() + " " + entries(place, old, after);
      case DATA -> "data of guest cluster " + area.index();
      case BITMAP_DATA -> area.name();
      case OTHER ->
          unnamed(after) + " @0x" + Long.toHexString(offset / view.cluster * view.cluster);
    };
  }

  /** What nothing refers to yet, by what it looks like. */
  private static String unnamed(ByteBuffer content) {
    byte[] sector = new byte[Pages.SECTOR];
    content.get(0, sector);
    long value = GuestTruth.value(sector);
    if (value > 0) {
      return "new data of guest sector " + GuestTruth.sectorOf(value) + " in cluster";
    }
    List<String> names = Qcow2View.namesIn(content);
    return names.isEmpty() ? "cluster" : "new bitmap directory " + names;
  }

  private static String table(Qcow2View.Area area) {
    return " of table" + at(area);
  }

  private static String at(Qcow2View.Area area) {
    return " @0x" + Long.toHexString(area.start());
  }

  private static String entries(long place, ByteBuffer old, ByteBuffer after) {
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < after.capacity() / 8; i++) {
      if (old.getLong(i * 8) != after.getLong(i * 8)) {
        changed.add(
            (place / 8 + i)
                + ": 0x"
                + Long.toHexString(old.getLong(i * 8))
                + " to 0x"
                + Long.toHexString(after.getLong(i * 8)));
      }
    }
    return (changed.size() == 1 ? "entry " : "entries ")
        + (changed.isEmpty() ? "from " + place / 8 + " on, as before" : some(changed));
  }

  private String counts(Qcow2View.Area area, long place, ByteBuffer old, ByteBuffer after) {
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < after.capacity() / 2; i++) {
      if (old.getShort(i * 2) != after.getShort(i * 2)) {
        long cluster = area.index() * (view.cluster / 2) + place / 2 + i;
        changed.add(
            "0x%x: %d to %d"
                .formatted(cluster * view.cluster, old.getShort(i * 2), after.getShort(i * 2)));
      }
    }
    return changed.isEmpty() ? "as before" : some(changed);
  }

  private static String header(ByteBuffer old, ByteBuffer after) {
    List<String> changed = new ArrayList<>();
    FIELDS.forEach(
        (start, name) -> {
          Integer next = FIELDS.higherKey(start);
          int end = next == null ? after.getInt(100) : next;
          if (!old.slice(start, end - start).equals(after.slice(start, end - start))) {
            changed.add(name);
          }
        });
    Map<Integer, ByteBuffer> gone = extensions(old);
    extensions(after)
        .forEach(
            (type, data) -> {
              ByteBuffer was = gone.remove(type);
              if (!data.equals(was)) {
                changed.add(extension(type, data));
              }
            });
    gone.forEach((type, data) -> changed.add("no " + extension(type, data)));
    return changed.isEmpty() ? "as before" : String.join(", ", changed);
  }

  private static Map<Integer, ByteBuffer> extensions(ByteBuffer sector) {
    Map<Integer, ByteBuffer> found = new TreeMap<>();
    int at = sector.getInt(100);
    while (at > 0 && at + 8 <= Pages.SECTOR) {
      int type = sector.getInt(at);
      int length = sector.getInt(at + 4);
      if (type == 0 || length < 0) {
        return found;
      }
      int end = Math.min(Pages.SECTOR, at + 8 + length);
      found.put(type, sector.slice(at + 8, end - at - 8));
      at += 8 + (length + 7 & ~7);
    }
    return found;
  }

  private static String extension(int type, ByteBuffer data) {
    return switch (type) {
      case FENCE ->
          "fence epoch %d nonce %08x lsn %d"
              .formatted(data.getLong(36), data.getInt(44), data.getLong(60));
      case BITMAPS -> "bitmaps %d directory @0x%x".formatted(data.getInt(0), data.getLong(16));
      case FEATURES -> "feature names";
      default -> "extension %08x".formatted(type);
    };
  }
}
