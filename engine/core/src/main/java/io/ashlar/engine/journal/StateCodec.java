package io.ashlar.engine.journal;

import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Snapshots as bytes. Each event in one carries its own manifest, so that it is read as it would be
 * outside; the stamps of bitmaps have the form of the events' version that the snapshot names.
 */
final class StateCodec {
  static final int VERSION = 1;
  static final String NAME = "journal-state";

  private StateCodec() {}

  static String manifest() {
    return NAME + ":" + VERSION;
  }

  static byte[] encode(JournalState state) {
    BinaryOut out = new BinaryOut();
    out.u8(EventCodec.VERSION).i64(state.lastChange());
    out.i32(state.open().size());
    state.open().values().forEach(intent -> event(out, intent));
    out.i32(state.bitmaps().size());
    state
        .bitmaps()
        .forEach(
            (name, b) -> {
              out.text(name).i64(b.granularity()).flag(b.enabled()).text(b.inconsistent());
              out.text(b.holder()).text(b.last());
              EventCodec.stamp(out, b.by());
            });
    out.flag(state.armed() != null);
    if (state.armed() != null) {
      EventCodec.stamp(out, state.armed());
    }
    out.i64(state.history().dropped()).i32(state.history().events().size());
    state.history().events().forEach(event -> event(out, event));
    return out.toBytes();
  }

  /**
   * The state.
   *
   * @throws UnreadableEventException when the manifest is not known, or the bytes are damaged
   */
  static JournalState decode(String manifest, ByteBuffer bytes) {
    EventCodec.version(manifest, List.of(NAME), VERSION);
    try {
      BinaryIn in = new BinaryIn(bytes);
      JournalState state = read(in);
      in.end();
      return state;
    } catch (UnreadableEventException e) {
      throw new UnreadableEventException(
          "a snapshot '" + manifest + "' cannot be read: " + e.getMessage(), e);
    }
  }

  private static JournalState read(BinaryIn in) {
    int stamps = in.u8();
    if (stamps > EventCodec.VERSION) {
      throw new UnreadableEventException("it was written by a newer Ashlar");
    }
    long lastChange = in.i64();
    SortedMap<Long, ChangeIntended> open = new TreeMap<>();
    for (int left = in.i32(); left > 0; left--) {
      if (!(event(in) instanceof ChangeIntended intent)) {
        throw new UnreadableEventException("an open intent is none");
      }
      open.put(intent.change(), intent);
    }
    Map<String, BitmapHistory> bitmaps = new LinkedHashMap<>();
    for (int left = in.i32(); left > 0; left--) {
      String name = in.text();
      bitmaps.put(
          name,
          new BitmapHistory(
              in.i64(), in.flag(), in.text(), in.text(), in.text(), EventCodec.stamp(in, stamps)));
    }
    Stamp armed = in.flag() ? EventCodec.stamp(in, stamps) : null;
    long dropped = in.i64();
    List<LifecycleEvent> events = new ArrayList<>();
    for (int left = in.i32(); left > 0; left--) {
      events.add(event(in));
    }
    return new JournalState(lastChange, open, bitmaps, armed, new History(events, dropped));
  }

  private static void event(BinaryOut out, LifecycleEvent event) {
    out.text(EventCodec.manifest(event)).block(EventCodec.encode(event));
  }

  private static LifecycleEvent event(BinaryIn in) {
    return EventCodec.decode(in.text(), in.block());
  }
}
