package io.ashlar.cli.run;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A backup that is full where its bitmap cannot be used: one transaction removes that bitmap, adds
 * a new one of its name and begins the copy, so that the next backup can be incremental again.
 */
final class BackupStep {
  /** The command that this is for. */
  static final String COMMAND = "blockdev-backup";

  private final Ashlar engine;
  private final CommandSet commands;

  BackupStep(Ashlar engine, CommandSet commands) {
    this.engine = engine;
    this.commands = commands;
  }

  /**
   * What was begun.
   *
   * @param answer the answer of the command or of the transaction
   * @param remark why it is a full backup; {@code null} when it is what was asked for
   */
  record Begun(Object answer, String remark) {}

  /**
   * Begins the backup that is asked for, or a full one.
   *
   * @param arguments of {@code blockdev-backup}
   */
  Begun begin(Map<String, Object> arguments) {
    try {
      return new Begun(commands.execute(COMMAND, arguments), null);
    } catch (BlockException e) {
      if (e.code() != ErrorCode.BITMAP_INCONSISTENT) {
        throw e;
      }
      return new Begun(
          commands.execute("transaction", Map.of("actions", full(arguments))),
          e.getMessage() + "; so everything is copied");
    }
  }

  private List<Object> full(Map<String, Object> arguments) {
    String node = (String) arguments.get("device");
    String name = (String) arguments.get("bitmap");
    BitmapInfo old =
        engine.bitmaps().list(node).await().stream()
            .filter(bitmap -> bitmap.name().equals(name))
            .findFirst()
            .orElseThrow();
    Map<String, Object> backup = new LinkedHashMap<>(arguments);
    backup.remove("bitmap");
    backup.remove("bitmap-mode");
    backup.put("sync", "full");
    return List.of(
        action("block-dirty-bitmap-remove", Map.of("node", node, "name", name)),
        action(
            "block-dirty-bitmap-add",
            Map.of(
                "node", node, "name", name, "granularity", old.granularity(), "persistent", true)),
        action(COMMAND, backup));
  }

  private static Map<String, Object> action(String type, Map<String, Object> data) {
    return Map.of("type", type, "data", data);
  }
}
