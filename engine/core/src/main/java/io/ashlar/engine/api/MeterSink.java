package io.ashlar.engine.api;

import java.util.Map;

/**
 * Takes measurements and hands them to whatever an embedder measures with. Names are dotted, such
 * as {@code ashlar.node.reads}; tags tell which node or device.
 */
@FunctionalInterface
public interface MeterSink {
  /** One value. Counters only grow as long as the node or device lives. */
  void value(String name, Map<String, String> tags, long value);
}
