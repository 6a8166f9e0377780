package io.ashlar.engine.facade;

import akka.actor.typed.ActorSystem;
import io.ashlar.engine.bitmap.heat.CrashRules;
import io.ashlar.engine.bitmap.heat.HeatRetention;
import io.ashlar.engine.journal.FileJournals;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.engine.journal.Origin;
import io.ashlar.engine.journal.file.JournalEnvironment;
import io.ashlar.engine.journal.file.JournalSettings;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.NodeEvent;
import io.ashlar.spi.OpenFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Puts together what keeps the history of bitmaps. */
final class EngineJournals {
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final int LONGEST = 256;

  private EngineJournals() {}

  static JournalServices create(
      EngineSettings.Journals settings,
      EngineParts.Ground ground,
      Supplier<ActorSystem<?>> system,
      BiConsumer<String, NodeEvent> events) {
    Executor executor = ground.pools().journals();
    JournalEnvironment environment =
        new JournalEnvironment(ground.files(), ground.waits(), ground.clock(), executor);
    return new JournalServices(
        ground.waits(),
        ground.clock(),
        new FileJournals(
            system,
            environment,
            () -> new HeatRetention(CrashRules.SOUND),
            JournalSettings.STANDARD),
        ground.origin(),
        executor,
        settings.timeOut().toNanos(),
        settings.recoveryTimeOut().toNanos(),
        settings.beside(),
        (node, text) -> events.accept(node, new NodeEvent.Warning(text)));
  }

  /** This process, as its records name it. */
  static Origin here(FileIo files) {
    return new Origin(
        hostName(files), ProcessHandle.current().pid(), System.getProperty("user.name"));
  }

  private static String hostName(FileIo files) {
    try (OpenFile file = files.open(HOST_NAME, FileIo.Access.READ_ONLY);
        FileHandle data = file.data(FileIo.Access.READ_ONLY, false)) {
      ByteBuffer name = ByteBuffer.allocate(LONGEST);
      data.read(0, name);
      return StandardCharsets.UTF_8.decode(name.flip()).toString().strip();
    } catch (BlockException e) {
      return ""; // a machine without that file; the history goes without the name
    }
  }
}
