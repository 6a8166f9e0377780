package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;

/** A command: what it takes and what it does. */
record Command(CommandSpec spec, Action action) {
  /** Carries a command out and gives what QMP calls its return value. */
  interface Action {
    Object run(Ashlar engine, Arguments arguments);
  }
}
