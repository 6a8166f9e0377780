package io.ashlar.engine.crash;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the engine is in the middle of, told by the methods on the stack of whoever asks the disk
 * for something. So a method that is renamed here is missed by {@link Coverage}.
 */
final class Steps {
  private static final StackWalker WALKER = StackWalker.getInstance();

  /** Classes and methods, the name of the step. */
  private static final Map<String, String> METHODS =
      Map.ofEntries(
          Map.entry("CrashGuard.establish", "arm"),
          Map.entry("CrashGuard.prepare", "change"),
          Map.entry("CrashGuard.finish", "settle"),
          Map.entry("CrashGuard.recapture", "recapture"),
          Map.entry("CrashGuard.intend", "intent"),
          Map.entry("CrashGuard.another", "nonce"),
          Map.entry("Captures.write", "capture"),
          Map.entry("Captures.beat", "beat"),
          Map.entry("HeatLog.enter", "heat"),
          Map.entry("StoredDirectory.sealWith", "seal"),
          Map.entry("BitmapStage.writeAll", "store"),
          Map.entry("BitmapStage.publish", "publish"),
          Map.entry("HeaderFile.put", "header"),
          Map.entry("NodeChange.prepareDown", "down"),
          Map.entry("NodeChange.prepareUp", "up"));

  private static final int DEEPEST = 60;

  private Steps() {}

  /** The step and what it is part of, outermost first; empty for anything else. */
  static String now() {
    return WALKER.walk(Steps::name);
  }

  private static String name(Stream<StackWalker.StackFrame> frames) {
    List<String> found =
        frames
            .limit(DEEPEST)
            .filter(frame -> frame.getClassName().startsWith("io.ashlar."))
            .map(Steps::step)
            .filter(step -> step != null)
            .distinct()
            .toList();
    StringBuilder name = new StringBuilder();
    for (int i = found.size() - 1; i >= 0; i--) {
      name.append('/').append(found.get(i));
    }
    return name.toString();
  }

  private static String step(StackWalker.StackFrame frame) {
    String type = frame.getClassName();
    String method = frame.getMethodName();
    if (method.startsWith("lambda$")) {
      method = method.substring("lambda$".length(), method.lastIndexOf('$'));
    }
    return METHODS.get(type.substring(type.lastIndexOf('.') + 1) + "." + method);
  }
}
