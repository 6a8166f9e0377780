package io.ashlar.engine.journal;

import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.LifecycleEvent.Finding;
import io.ashlar.engine.journal.LifecycleEvent.ImageOpened;
import io.ashlar.engine.journal.LifecycleEvent.ImageReconciled;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Events as bytes, and back from every version there ever was. A manifest is the event's name and
 * the version of its form, such as {@code change-done:2}. Writing uses the present version; reading
 * brings older ones up to it and refuses newer ones by name.
 *
 * <p>Versions: 1 had no host in the stamp; 2 is the present one.
 */
public final class EventCodec {
  /** The present version of every event. */
  public static final int VERSION = 2;

  private static final String OPENED = "image-opened";
  private static final String INTENDED = "change-intended";
  private static final String DONE = "change-done";
  private static final String FAILED = "change-failed";
  private static final String RECONCILED = "image-reconciled";
  private static final List<String> NAMES = List.of(OPENED, INTENDED, DONE, FAILED, RECONCILED);

  private EventCodec() {}

  /** Whether it names an event at all, of whatever version. */
  public static boolean isEvent(String manifest) {
    return NAMES.contains(manifest.split(":", 2)[0]);
  }

  /** The name and version under which it is written. */
  public static String manifest(LifecycleEvent event) {
    return name(event) + ":" + VERSION;
  }

  private static String name(LifecycleEvent event) {
    if (event instanceof ImageOpened) {
      return OPENED;
    } else if (event instanceof ChangeIntended) {
      return INTENDED;
    } else if (event instanceof ChangeDone) {
      return DONE;
    } else if (event instanceof ChangeFailed) {
      return FAILED;
    } else if (event instanceof ImageReconciled) {
      return RECONCILED;
    }
    throw new IllegalStateException("no name is given to " + event.getClass());
  }

  /** Its bytes in the present version. Texts longer than 2,048 bytes are cut. */
  public static byte[] encode(LifecycleEvent event) {
    BinaryOut out = new BinaryOut();
    stamp(out, event.stamp());
    if (event instanceof ImageOpened e) {
      out.i32(e.bitmaps());
    } else if (event instanceof ChangeIntended e) {
      FactCodec.writeAll(out.i64(e.change()), e.facts());
    } else if (event instanceof ChangeDone e) {
      FactCodec.writeAll(out.i64(e.change()), e.facts());
    } else if (event instanceof ChangeFailed e) {
      FactCodec.writeAll(out.i64(e.change()), e.facts());
      out.text(e.reason());
    } else if (event instanceof ImageReconciled e) {
      out.i64(e.change()).u8(e.finding().ordinal()).text(e.bitmap());
      out.i64(e.granularity()).flag(e.enabled()).text(e.detail());
    }
    return out.toBytes();
  }

  /**
   * The event in the present version.
   *
   * @throws UnreadableEventException when the manifest is not known, or the bytes are damaged
   */
  public static LifecycleEvent decode(String manifest, ByteBuffer bytes) {
    int version = version(manifest, NAMES, VERSION);
    try {
      BinaryIn in = new BinaryIn(bytes);
      LifecycleEvent event = read(manifest.split(":", 2)[0], version, in);
      in.end();
      return event;
    } catch (UnreadableEventException e) {
      throw new UnreadableEventException(
          "an event '" + manifest + "' cannot be read: " + e.getMessage(), e);
    }
  }

  private static LifecycleEvent read(String name, int version, BinaryIn in) {
    Stamp stamp = stamp(in, version);
    return switch (name) {
      case OPENED -> new ImageOpened(stamp, in.i32());
      case INTENDED -> new ChangeIntended(stamp, in.i64(), FactCodec.readAll(in));
      case DONE -> new ChangeDone(stamp, in.i64(), FactCodec.readAll(in));
      case FAILED -> new ChangeFailed(stamp, in.i64(), FactCodec.readAll(in), in.text());
      case RECONCILED ->
          new ImageReconciled(
              stamp,
              in.i64(),
              in.word(Finding.values()),
              in.text(),
              in.i64(),
              in.flag(),
              in.text());
      default -> throw new UnreadableEventException("no event has that name");
    };
  }

  /**
   * The version in a manifest.
   *
   * @throws UnreadableEventException when the name is not known, or the version is from the future
   */
  static int version(String manifest, List<String> names, int newest) {
    String[] parts = manifest.split(":", 2);
    if (!names.contains(parts[0]) || parts.length < 2 || !parts[1].matches("[1-9][0-9]{0,8}")) {
      throw new UnreadableEventException("'" + manifest + "' is nothing that this engine knows");
    }
    int version = Integer.parseInt(parts[1]);
    if (version > newest) {
      throw new UnreadableEventException(
          "'"
              + manifest
              + "' was written by a newer Ashlar: this one knows '"
              + parts[0]
              + "' up to version "
              + newest);
    }
    return version;
  }

  static void stamp(BinaryOut out, Stamp stamp) {
    out.text(stamp.command()).text(stamp.node()).text(stamp.host());
    out.i64(stamp.process()).text(stamp.user()).i64(stamp.millis());
  }

  /** Version 1 had no host: it was on the machine of whoever reads, as far as anybody knows. */
  static Stamp stamp(BinaryIn in, int version) {
    return new Stamp(
        in.text(), in.text(), version == 1 ? "" : in.text(), in.i64(), in.text(), in.i64());
  }
}
