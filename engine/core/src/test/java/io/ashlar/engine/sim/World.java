package io.ashlar.engine.sim;

import io.ashlar.engine.sim.SimImage.Entry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What lies outside the engine in one run: disks, faults, and the truth about what was written,
 * against which every state that a crash could leave is held at every write and flush.
 */
final class World {
  private static final int PAUSES = 4;

  private final Sim sim;
  private final Mutant mutant;
  private final Faults faults;
  private final Map<String, SimDisk> disks = new LinkedHashMap<>();
  private final Map<String, Truth> truths = new HashMap<>();
  private final Map<String, String> diskOfImage = new HashMap<>();
  private final Set<SimNode> open = new LinkedHashSet<>();
  private final Map<String, Integer> steps = new HashMap<>();
  private final List<String> violations = new ArrayList<>();
  private final Set<Long> zeroes = new HashSet<>();
  private long ids;
  private long engineWrites;

  World(Sim sim, Mutant mutant) {
    this.sim = sim;
    this.mutant = mutant;
    faults = new Faults(sim);
  }

  /** Whether a rule is broken in this run. */
  boolean broken(Mutant rule) {
    return mutant == rule;
  }

  Faults faults() {
    return faults;
  }

  /** A disk with an image. */
  void image(String image, String diskName, int granules) {
    disks.put(diskName, SimImage.create(diskName, granules));
    diskOfImage.put(image, diskName);
    truths.put(diskName, new Truth());
  }

  /** A disk without one. */
  void plain(String diskName) {
    disks.put(diskName, new SimDisk(diskName, SimImage.SECTORS));
  }

  SimDisk disk(String name) {
    return disks.get(name);
  }

  Map<String, SimDisk> disks() {
    return disks;
  }

  SimDisk diskOf(String image) {
    return disks.get(diskOfImage.get(image));
  }

  /** The truth about an image's bitmaps, or {@code null} for another node. */
  Truth truth(String image) {
    String disk = diskOfImage.get(image);
    return disk == null ? null : truths.get(disk);
  }

  Set<String> images() {
    return diskOfImage.keySet();
  }

  <T extends SimNode> T opened(T node) {
    open.add(node);
    return node;
  }

  void closed(SimNode node) {
    open.remove(node);
  }

  /** Nodes that are open. */
  Set<SimNode> open() {
    return open;
  }

  void stepOpened(String node) {
    steps.merge(node, 1, Integer::sum);
  }

  void stepEnded(String node) {
    steps.merge(node, -1, Integer::sum);
  }

  /** Steps of a reopen that were neither committed nor aborted. */
  int openSteps() {
    return steps.values().stream().mapToInt(i -> i).sum();
  }

  /** Whether a guest's request or a job's copy is under way, and no change of the graph. */
  boolean isGuest() {
    String source = sim.source();
    return source.startsWith("guest") || isJob();
  }

  boolean isJob() {
    String source = sim.source();
    return source.startsWith("job") || source.startsWith("ashlar-job");
  }

  boolean mustDrain() {
    return true;
  }

  void maybePause() {
    if (sim.random().nextInt(PAUSES) == 0) {
      sim.pause();
    }
  }

  /** Content for a guest's write: every sector of it is like no other. */
  ByteBuffer content(int granules) {
    ByteBuffer bytes = ByteBuffer.allocate(granules * SimDisk.SECTOR);
    for (int i = 0; i < granules; i++) {
      bytes.putLong(i * SimDisk.SECTOR, ++ids);
    }
    return bytes;
  }

  /** Content for zeroes, which are told apart too. */
  ByteBuffer zeroes(long offset, long length) {
    long first = ids + 1;
    ByteBuffer bytes = content((int) (length / SimDisk.SECTOR));
    for (long id = first; id <= ids; id++) {
      zeroes.add(id);
    }
    return bytes;
  }

  /** What somebody reads there: a number for each content, 0 for zeroes. */
  long meaning(byte[] sector) {
    long id = ByteBuffer.wrap(sector).getLong();
    return zeroes.contains(id) ? 0 : id;
  }

  /** Another program writes to an image that the engine let go, and keeps its bitmaps. */
  void elsewhere(String image, int granule) {
    SimDisk disk = diskOf(image);
    if ((long) granule * SimImage.GRANULE >= SimImage.length(disk)) {
      return;
    }
    byte[] sector = content(1).array();
    SimImage.elsewhere(disk, granule, sector);
    truth(image).written(granule, ByteBuffer.wrap(sector).getLong());
  }

  /** A guest's data has come to the driver of an image. */
  void guestData(SimImageNode image, long offset, ByteBuffer source) {
    Truth truth = truth(image.name);
    if (truth == null || !isGuest()) {
      return;
    }
    for (int at = source.position(); at < source.limit(); at += SimDisk.SECTOR) {
      int granule = (int) ((offset + at - source.position()) / SimDisk.SECTOR);
      truth.written(granule, source.getLong(at));
    }
  }

  /** Nothing of the guest's reaches an image while a stored bitmap of it looks valid. */
  void beforeWrite(SimDisk disk, int sector) {
    if (!isGuest()) {
      engineWrites++;
    }
    if (!truths.containsKey(disk.name) || sector < SimImage.dataSector(0)) {
      return;
    }
    for (Entry entry : SimImage.durableEntries(disk)) {
      if (!entry.inUse()) {
        violated(
            "data is written to " + disk.name + " while bitmap '" + entry.name() + "' is valid");
      }
    }
  }

  /** A crash could come now. */
  void afterWrite(SimDisk disk) {
    Truth truth = truths.get(disk.name);
    if (truth != null) {
      String complaint = truth.falseClean(disk);
      if (complaint != null) {
        violated("false clean: " + complaint);
      }
    }
  }

  /** The power fails: of each disk one of the possible states is left, and nobody has it open. */
  void crash() {
    disks.replaceAll((name, disk) -> disk.crashed(sim.random()));
    open.clear();
    steps.clear();
  }

  /** Writes of the engine's own came to disks. */
  long engineWrites() {
    return engineWrites;
  }

  /** A rule did not hold. */
  void violated(String what) {
    if (violations.size() < 20) {
      violations.add(what);
    }
    sim.note("VIOLATED: " + what);
  }

  List<String> violations() {
    return violations;
  }
}
