package io.ashlar.engine.api;

import io.ashlar.spi.Preallocation;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The nodes of an engine and their edges. Structural changes run one at a time. */
public interface BlockGraph {
  /** {@code blockdev-add}: the node and its nested children, all or none. */
  Reply<NodeInfo> add(NodeDefinition definition);

  /**
   * {@code blockdev-del}: closes a node that has no parents, devices or jobs, and its nested
   * children with it. Stores its persistent bitmaps first; when that fails the call fails, naming
   * them, and the node stays.
   */
  Reply<Void> remove(String nodeName);

  /** {@code blockdev-create}: makes an image. */
  Reply<Void> create(String driver, Map<String, ?> options);

  /**
   * {@code blockdev-reopen}: new options for nodes, all or nothing. Options that are not named go
   * back to their defaults, as in QEMU. A refusal fails the reply, and its message names the node;
   * once nodes were asked, it is a {@link ReopenException} that says what happened to each.
   */
  Reply<ReopenResult> reopen(List<NodeDefinition> definitions);

  /**
   * Puts a filter between a node and all its parents and devices, while they run. The definition's
   * child of kind FILTERED must name {@code above}.
   */
  Reply<NodeInfo> insertFilter(NodeDefinition filter, String above);

  /** Takes a filter out again and closes it; its parents and devices get its child. */
  Reply<Void> removeFilter(String nodeName);

  /**
   * {@code blockdev-snapshot}: puts an overlay above a node. All users of the node, parents and
   * devices, use the overlay from then on; the node becomes the overlay's backing, and read-only.
   * Its persistent bitmaps are stored first, and stay with it; if one cannot be stored, or anything
   * else refuses, nothing has changed and users go on writing to the node.
   *
   * @param node the node whose content is kept
   * @param overlay an open node without backing and without users, at least as long
   */
  Reply<Void> snapshot(String node, String overlay);

  /**
   * {@code blockdev-set-active}: gives an image up to another process, or takes it back. Refused,
   * with nothing lost, while somebody writes to the node or a job or an export holds it.
   *
   * @param nodeName {@code null} for all nodes; children follow
   */
  Reply<Void> setActive(String nodeName, boolean active);

  /**
   * {@code block_resize}. Bitmaps follow: what is added is clean, what is cut off is gone.
   *
   * @param length in bytes; refused with NOT_SUPPORTED and nothing changed is 0 for a qcow2 image
   *     that stores bitmaps, which QEMU would not open
   */
  Reply<Void> resize(String nodeName, long length, Preallocation preallocation);

  /** {@code query-named-block-nodes}. */
  Reply<List<NodeInfo>> nodes();

  /** One node. */
  Reply<NodeInfo> node(String nodeName);

  /**
   * Names of nodes that stay quiesced because a call into their driver has not returned in the time
   * of the change that had made it. They go on, and are not named any more, when it has returned
   * and was undone, or after the decision finished. Changes that come to them are refused.
   */
  Set<String> heldNodes();

  /** Attaches an outside user to a node. */
  Reply<BlockDevice> attach(String nodeName, DeviceSettings settings);

  /** {@code query-blockstats}: counters of every node. */
  Reply<List<NodeStatistics>> statistics();

  /** {@code query-blockstats}: counters of every device. */
  Reply<List<DeviceStatistics>> deviceStatistics();

  /** Gives every counter to a sink once, on the calling thread. */
  default void measure(MeterSink sink) {
    for (NodeStatistics node : statistics().await()) {
      Map<String, String> tags = Map.of("node", node.nodeName());
      sink.value("ashlar.node.reads", tags, node.reads());
      sink.value("ashlar.node.read-bytes", tags, node.readBytes());
      sink.value("ashlar.node.writes", tags, node.writes());
      sink.value("ashlar.node.written-bytes", tags, node.writtenBytes());
      sink.value("ashlar.node.zero-requests", tags, node.zeroRequests());
      sink.value("ashlar.node.discard-requests", tags, node.discardRequests());
      sink.value("ashlar.node.flushes", tags, node.flushes());
      sink.value("ashlar.node.failures", tags, node.failures());
    }
    for (DeviceStatistics device : deviceStatistics().await()) {
      Map<String, String> tags = Map.of("device", device.device());
      sink.value("ashlar.device.in-flight", tags, device.inFlight());
    }
  }
}
