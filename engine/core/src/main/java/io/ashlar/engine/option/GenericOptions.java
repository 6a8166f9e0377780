package io.ashlar.engine.option;

import io.ashlar.spi.DetectZeroes;
import io.ashlar.spi.OptionSpec;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The options that every node has, as a schema; QEMU's generic block device options. */
public final class GenericOptions {
  /** The name of the driver. */
  public static final String DRIVER = "driver";

  /** The name of the node. */
  public static final String NODE_NAME = "node-name";

  private static final String READ_ONLY = "read-only";
  private static final String DIRECT = "cache.direct";
  private static final String NO_FLUSH = "cache.no-flush";
  private static final String WRITEBACK = "cache.writeback";
  private static final String DISCARD = "discard";
  private static final String DETECT_ZEROES = "detect-zeroes";
  private static final String FORCE_SHARE = "force-share";

  /** All of them. Defaults are left out: they depend on the parent. */
  public static final List<OptionSpec> SCHEMA =
      List.of(
          OptionSpec.string(DRIVER, "the kind of node").mandatory(),
          OptionSpec.string(NODE_NAME, "the node's name"),
          optional(READ_ONLY, "no visible change goes through the node"),
          optional(
              "auto-read-only",
              "the node may fall back to read-only; Ashlar does as told by read-only instead"),
          optional(DIRECT, "bypass the host's page cache"),
          optional(NO_FLUSH, "ignore flushes: nothing survives a crash for sure"),
          optional(WRITEBACK, "a write is durable after a flush; if false, when acknowledged"),
          OptionSpec.words(DISCARD, null, "whether discards are carried out", "ignore", "unmap"),
          OptionSpec.words(
              DETECT_ZEROES, null, "turn writes of zero bytes into zeroes", "off", "on", "unmap"),
          optional(FORCE_SHARE, "take no lock that excludes writers; needs read-only"));

  private GenericOptions() {}

  /** Picks the generic options out of checked values. */
  static StatedOptions stated(Map<String, Object> values) {
    Object discard = values.get(DISCARD);
    Object zeroes = values.get(DETECT_ZEROES);
    return new StatedOptions(
        (Boolean) values.get(READ_ONLY),
        (Boolean) values.get(DIRECT),
        (Boolean) values.get(NO_FLUSH),
        (Boolean) values.get(WRITEBACK),
        discard == null ? null : discard.equals("unmap"),
        zeroes == null ? null : DetectZeroes.valueOf(zeroes.toString().toUpperCase(Locale.ROOT)),
        (Boolean) values.get(FORCE_SHARE));
  }

  private static OptionSpec optional(String name, String doc) {
    return OptionSpec.bool(name, false, doc).withDefault(null);
  }
}
