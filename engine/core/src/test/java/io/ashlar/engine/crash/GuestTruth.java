package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/**
 * What a guest asked of the disk and heard of it. Content stands for the request that made it: a
 * sector that was written holds a number that no other sector and no other request has; zeros are
 * 0.
 */
final class GuestTruth {
  /** A request that changes content. */
  static final class Request {
    final long number;
    final boolean zeros;

    /** Whether nothing may come of it, as of a discard. */
    final boolean optional;

    final long issued;

    /** When its sender heard that it was done; never if it failed. */
    long ended = Change.NEVER;

    /** Whether somebody was told later that something is lost, which may be this. */
    boolean doubted;

    Request(long number, boolean zeros, boolean optional, long issued) {
      this.number = number;
      this.zeros = zeros;
      this.optional = optional;
      this.issued = issued;
    }

    /** Since when there is nothing left of what was there before. */
    long replacedOthers() {
      return doubted ? Change.NEVER : ended;
    }

    long value(int sector) {
      return zeros ? 0 : valueOf(number, sector);
    }
  }

  private record Flush(long issued, long ended) {}

  /** The disk got another length; sectors between the two. */
  private record Resized(int from, int to, long issued) {}

  private static final Request BEGINNING = beginning();

  private final TreeMap<Integer, List<Request>> sectors = new TreeMap<>();
  private final List<Flush> flushes = new ArrayList<>();
  private final List<Resized> resizes = new ArrayList<>();
  private long numbers;
  private boolean uncertain;

  private static Request beginning() {
    Request request = new Request(0, true, false, -2);
    request.ended = -1;
    return request;
  }

  static long valueOf(long number, int sector) {
    return number << 24 | sector;
  }

  /** The sector that a number was written to. */
  static int sectorOf(long value) {
    return (int) (value & 0xffffff);
  }

  /** A request is sent. */
  Request begin(long now, long offset, long length, boolean zeros, boolean optional) {
    Request request = new Request(++numbers, zeros, optional, now);
    int first = (int) (offset / Pages.SECTOR);
    for (int i = first; i < (offset + length) / Pages.SECTOR; i++) {
      sectors.computeIfAbsent(i, key -> new ArrayList<>(List.of(BEGINNING))).add(request);
    }
    return request;
  }

  /** Content for a request. */
  static byte[] content(Request request, long offset, int length) {
    java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(length);
    int first = (int) (offset / Pages.SECTOR);
    while (bytes.hasRemaining()) {
      bytes.putLong(request.value(first + bytes.position() / Pages.SECTOR));
    }
    return bytes.array();
  }

  /** What stands in a sector: the number of a request, 0 for zeros, -1 for anything else. */
  static long value(byte[] sector) {
    java.nio.ByteBuffer bytes = java.nio.ByteBuffer.wrap(sector);
    long value = bytes.getLong(0);
    for (int at = 8; at < Pages.SECTOR; at += 8) {
      if (bytes.getLong(at) != value) {
        return -1;
      }
    }
    return value;
  }

  /** A flush that succeeded. */
  void flushed(long issued, long ended) {
    flushes.add(new Flush(issued, ended));
  }

  /** The disk is about to get another length. */
  void resized(long now, long before, long after) {
    resizes.add(
        new Resized(
            (int) (Math.min(before, after) / Pages.SECTOR),
            (int) (Math.max(before, after) / Pages.SECTOR),
            now));
  }

  /** Sees each sector that may have changed in a time: asked until its end, not over before it. */
  void touched(long since, long until, IntConsumer visitor) {
    sectors.forEach(
        (sector, requests) -> {
          for (Request request : requests) {
            if (request.issued <= until && request.ended > since) {
              visitor.accept(sector);
              return;
            }
          }
        });
    for (Resized resized : resizes) {
      if (resized.issued <= until && resized.issued > since) {
        for (int sector = resized.from; sector < resized.to; sector++) {
          visitor.accept(sector);
        }
      }
    }
  }

  /** Whether something failed aloud, so that content may have gone back although it was flushed. */
  boolean uncertain() {
    return uncertain;
  }

  /**
   * Something failed aloud: what was not flushed before may be lost for good, or may not. It was
   * readable all the same.
   */
  void uncertain(long now) {
    uncertain = true;
    long durable = -1;
    for (Flush flush : flushes) {
      durable = Math.max(durable, flush.issued);
    }
    for (List<Request> all : sectors.values()) {
      for (Request request : all) {
        if (request.ended > durable && request.ended <= now) {
          request.doubted = true;
        }
      }
    }
  }

  /** The sectors that were ever asked to change. */
  Set<Integer> sectors() {
    return sectors.keySet();
  }

  /** The sectors from one on, for a disk that is cut there. */
  Map<Integer, List<Request>> from(int sector) {
    return sectors.tailMap(sector, true);
  }

  private List<Request> of(int sector) {
    return sectors.getOrDefault(sector, List.of(BEGINNING));
  }

  /** What may stand in a sector after a crash at a moment. */
  Set<Long> allowed(int sector, long moment) {
    long durable = -1;
    for (Flush flush : flushes) {
      if (flush.ended <= moment) {
        durable = Math.max(durable, flush.issued);
      }
    }
    Set<Long> values = new HashSet<>();
    List<Request> all = of(sector);
    for (Request request : all) {
      if (request.issued <= moment && !replaced(request, all, durable)) {
        values.add(request.value(sector));
      }
    }
    return values;
  }

  /**
   * Whether a reader could have found this value at some time in a window; not if it was still
   * under way at its end.
   */
  boolean readable(int sector, long value, long from, long to) {
    List<Request> all = of(sector);
    for (Request request : all) {
      if (request.value(sector) == value
          && request.issued <= to
          && request.ended <= to
          && !replaced(request, all, from)) {
        return true;
      }
    }
    return false;
  }

  /** Whether nothing is left of a request, for another that came after it was over by then. */
  private static boolean replaced(Request request, List<Request> all, long upTo) {
    for (Request later : all) {
      if (!later.optional && later.issued > request.ended && later.replacedOthers() <= upTo) {
        return true;
      }
    }
    return false;
  }

  /** Whether requests up to a moment left this value, and all of them were sent at such times. */
  boolean onlySent(int sector, long value, long moment, java.util.function.LongPredicate then) {
    boolean any = false;
    for (Request request : of(sector)) {
      if (request.issued <= moment && request.value(sector) == value) {
        if (!then.test(request.issued)) {
          return false;
        }
        any = true;
      }
    }
    return any;
  }

  /** Whether some request that may have left this value was sent in a window, its end included. */
  boolean sentBetween(int sector, long value, long from, long to) {
    for (Request request : of(sector)) {
      if (request.value(sector) == value && request.issued >= from && request.issued <= to) {
        return true;
      }
    }
    return false;
  }
}
