package io.ashlar.cli.check;

import io.ashlar.cli.run.Json;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Collectors;

/** JSON as QEMU's tools lay it out, so that their output and ours can be compared as text. */
final class QemuJson {
  /** The order of an object's keys, which is that of QEMU's hash table. */
  static final Comparator<String> ORDER =
      Comparator.comparingInt(QemuJson::bucket).thenComparing(Comparator.naturalOrder());

  private QemuJson() {}

  private static int bucket(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    int hash = 0x238F13AF * bytes.length;
    for (int i = 0; i < bytes.length; i++) {
      hash += (bytes[i] & 0xff) << 5 * i % 24;
    }
    return Integer.remainderUnsigned(1103515243 * hash + 12345, 512);
  }

  /** An object of plain values, keys in the order of the map. */
  static String object(Map<String, Object> members) {
    return members.entrySet().stream()
        .map(e -> "    " + Json.line(e.getKey()) + ": " + Json.line(e.getValue()))
        .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
  }
}
