package io.ashlar.tests.qemu;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of {@code qemu-img map}.
 *
 * @param start guest offset
 * @param length bytes
 * @param depth layers above the one that decides
 * @param present some layer decides
 * @param zero reads as zeroes
 * @param data stored data
 * @param compressed stored compressed
 * @param offset place in the file, or -1
 */
public record MapExtent(
    long start,
    long length,
    int depth,
    boolean present,
    boolean zero,
    boolean data,
    boolean compressed,
    long offset) {

  /** All lines of an image, read by QEMU without taking locks. */
  public static List<MapExtent> of(Path image) {
    String json = QemuTools.run("qemu-img", "map", "-U", "-f", "qcow2", "--output=json", image);
    List<MapExtent> extents = new ArrayList<>();
    for (Config line : ConfigFactory.parseString("{all:" + json + "}").getConfigList("all")) {
      extents.add(
          new MapExtent(
              line.getLong("start"),
              line.getLong("length"),
              line.getInt("depth"),
              line.getBoolean("present"),
              line.getBoolean("zero"),
              line.getBoolean("data"),
              line.hasPath("compressed") && line.getBoolean("compressed"),
              line.hasPath("offset") ? line.getLong("offset") : -1));
    }
    return extents;
  }

  /** Where it ends. */
  public long end() {
    return start + length;
  }

  /**
   * What twins must have in common: status without host offsets, neighbours of equal status joined.
   * Where there is data, QEMU says zero for holes that it finds in the file at the host offset;
   * that is as much the file's own matter as the offset, and left out as well.
   */
  public static List<MapExtent> withoutOffsets(List<MapExtent> extents) {
    List<MapExtent> joined = new ArrayList<>();
    for (MapExtent extent : extents) {
      MapExtent plain = extent.at(extent.start, extent.length);
      MapExtent last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (last != null && last.at(plain.start, plain.length).equals(plain)) {
        joined.set(joined.size() - 1, last.at(last.start, last.length + plain.length));
      } else {
        joined.add(plain);
      }
    }
    return joined;
  }

  private MapExtent at(long newStart, long newLength) {
    return new MapExtent(newStart, newLength, depth, present, zero && !data, data, compressed, -1);
  }
}
