package io.ashlar.cli.run;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.option.Sizes;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.util.Map;

/** Compares two nodes byte by byte; ranges that are known to be zero on both sides are not read. */
final class CompareStep {
  private static final int PIECE = 1 << 20;

  private final Ashlar engine;
  private final Cancellation cancellation;

  CompareStep(Ashlar engine, Cancellation cancellation) {
    this.engine = engine;
    this.cancellation = cancellation;
  }

  /** A definition with a name, if it has none. */
  static NodeDefinition named(Map<?, ?> definition, String side) {
    NodeDefinition named = NodeDefinition.of(text(definition));
    return definition.containsKey("node-name") ? named : named.with("node-name", "compare-" + side);
  }

  /**
   * Compares and says what was found.
   *
   * @param a a name or a definition
   * @param b a name or a definition
   * @throws BlockException EXPECTATION_FAILED with the place of the first difference
   */
  String run(Object a, Object b) {
    String first = open(a, "a");
    try {
      String second = open(b, "b");
      try {
        return compare(first, second);
      } finally {
        close(b, second);
      }
    } finally {
      close(a, first);
    }
  }

  private String open(Object side, String letter) {
    return side instanceof Map<?, ?> definition
        ? engine.graph().add(named(definition, letter)).await().nodeName()
        : (String) side;
  }

  private void close(Object side, String nodeName) {
    if (side instanceof Map<?, ?>) {
      engine.graph().remove(nodeName).await();
    }
  }

  private String compare(String a, String b) {
    try (BlockDevice first = engine.graph().attach(a, DeviceSettings.reader("compare-a")).await();
        BlockDevice second = engine.graph().attach(b, DeviceSettings.reader("compare-b")).await()) {
      if (first.length() != second.length()) {
        throw new BlockException(
            ErrorCode.EXPECTATION_FAILED,
            "node '"
                + a
                + "' has "
                + first.length()
                + " bytes and node '"
                + b
                + "' has "
                + second.length());
      }
      long read = 0;
      long length = first.length();
      ByteBuffer left = ByteBuffer.allocateDirect(PIECE);
      ByteBuffer right = ByteBuffer.allocateDirect(PIECE);
      for (long at = 0; at < length; ) {
        cancellation.check();
        long zeroes = Math.min(zeroes(first, at), zeroes(second, at));
        if (zeroes == 0) {
          int count = (int) Math.min(PIECE, length - at);
          requireEqual(first, second, at, left.clear().limit(count), right.clear().limit(count));
          read += count;
          at += count;
        } else {
          at += zeroes;
        }
      }
      return "verified: "
          + Sizes.human(length)
          + " are equal, "
          + Sizes.human(read)
          + " were read on each side";
    }
  }

  /** How many bytes from an offset are known to be zero without reading. */
  private static long zeroes(BlockDevice device, long offset) {
    BlockStatus status = device.status(offset, device.length() - offset);
    return status.zero() ? status.length() : 0;
  }

  private static void requireEqual(
      BlockDevice a, BlockDevice b, long offset, ByteBuffer left, ByteBuffer right) {
    a.read(offset, left);
    b.read(offset, right);
    int at = left.flip().mismatch(right.flip());
    if (at >= 0) {
      throw new BlockException(
          ErrorCode.EXPECTATION_FAILED,
          String.format(
              "content differs at offset %d: '%s' has 0x%02x, '%s' has 0x%02x",
              offset + at, a.nodeName(), left.get(at), b.nodeName(), right.get(at)));
    }
  }

  @SuppressWarnings("unchecked") // the keys were text in the file
  private static Map<String, ?> text(Map<?, ?> map) {
    return (Map<String, ?>) map;
  }
}
