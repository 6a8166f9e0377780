package io.ashlar.engine.crash;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a lane has done, in a file that is there whole or not at all, so that a lane that was
 * stopped goes on there.
 *
 * @param settings what the lane was asked; another lane's work is of no use to it
 * @param workloads how many it has looked at
 * @param violations how many of those were bad
 * @param nested crashes within openings
 * @param judged opinions on states
 * @param seconds how long that took
 * @param steps how many crashes came into which step
 * @param distinct hashes of the states
 */
record Explored(
    String settings,
    int workloads,
    int violations,
    long nested,
    long judged,
    long seconds,
    Map<String, Integer> steps,
    Set<Long> distinct) {
  /** Nothing yet. */
  static Explored nothing(String settings) {
    return new Explored(settings, 0, 0, 0, 0, 0, Map.of(), Set.of());
  }

  /** The file of a lane. */
  static Path file(Path directory, int lane) {
    return directory.resolve("lane" + lane);
  }

  static Explored read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      String settings = in.readUTF();
      int workloads = in.readInt();
      int violations = in.readInt();
      long nested = in.readLong();
      long judged = in.readLong();
      long seconds = in.readLong();
      Map<String, Integer> steps = new TreeMap<>();
      for (int i = in.readInt(); i > 0; i--) {
        steps.put(in.readUTF(), in.readInt());
      }
      Set<Long> distinct = new HashSet<>();
      for (int i = in.readInt(); i > 0; i--) {
        distinct.add(in.readLong());
      }
      return new Explored(
          settings, workloads, violations, nested, judged, seconds, steps, distinct);
    }
  }

  void write(Path file) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(next)))) {
      out.writeUTF(settings);
      out.writeInt(workloads);
      out.writeInt(violations);
      out.writeLong(nested);
      out.writeLong(judged);
      out.writeLong(seconds);
      out.writeInt(steps.size());
      for (Map.Entry<String, Integer> step : steps.entrySet()) {
        out.writeUTF(step.getKey());
        out.writeInt(step.getValue());
      }
      out.writeInt(distinct.size());
      for (long hash : distinct) {
        out.writeLong(hash);
      }
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
