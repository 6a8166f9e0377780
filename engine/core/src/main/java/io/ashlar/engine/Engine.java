package io.ashlar.engine;

import com.typesafe.config.Config;
import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.facade.EngineBuilder;

/** Puts the engine's rooms together behind {@link Ashlar}. */
public final class Engine {
  private Engine() {}

  /** Starts an engine; see {@link Ashlar#start(Config)}. */
  public static Ashlar start(Config settings) {
    return new EngineBuilder(settings).start();
  }
}
