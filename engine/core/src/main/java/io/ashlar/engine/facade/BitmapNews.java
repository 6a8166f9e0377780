package io.ashlar.engine.facade;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.graph.GraphRuntime;
import io.ashlar.engine.graph.NodeHandle;
import java.util.Collection;
import java.util.function.Consumer;

/** Tells what a crash, or another program, has made of the bitmaps of images just opened. */
final class BitmapNews {
  private final GraphRuntime runtime;
  private final Consumer<Event> events;

  BitmapNews(GraphRuntime runtime, Consumer<Event> events) {
    this.runtime = runtime;
    this.events = events;
  }

  /** Publishes one event for each bitmap that was recovered or cannot be used. */
  void opened(Collection<String> nodes) {
    for (String node : nodes) {
      NodeHandle handle = runtime.nodes().get(node);
      if (handle != null) {
        handle.core().bitmaps().infos().forEach(bitmap -> tell(node, bitmap));
      }
    }
  }

  private void tell(String node, BitmapInfo bitmap) {
    if (bitmap.inconsistent()) {
      events.accept(new Event.BitmapInconsistent(node, bitmap.name(), bitmap.reason()));
    } else if (bitmap.recovery() != null) {
      events.accept(
          new Event.BitmapRecovered(node, bitmap.name(), bitmap.dirtyBytes(), bitmap.recovery()));
    }
  }
}
