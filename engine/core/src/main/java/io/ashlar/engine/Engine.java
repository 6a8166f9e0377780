package io.ashlar.engine;

import com.typesafe.config.Config;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.ImageHistory;
import io.ashlar.engine.facade.EngineBuilder;
import io.ashlar.engine.facade.ImageJournal;
import io.ashlar.fileio.LinuxFileIo;
import java.nio.file.Path;

/** Puts the engine's rooms together behind {@link Ashlar}. */
public final class Engine {
  private Engine() {}

  /** Starts an engine; see {@link Ashlar#start(Config)}. */
  public static Ashlar start(Config settings) {
    return new EngineBuilder(settings).start();
  }

  /** Reads a journal; see {@link Ashlar#history(Path)}. */
  public static ImageHistory history(Path image) {
    return ImageJournal.read(new LinuxFileIo(), image);
  }
}
