package io.ashlar.spi;

import java.util.EnumSet;
import java.util.Set;

/**
 * What callers of a node should know; immutable for one open state of the node. A node accepts
 * requests of any byte offset, length and buffer address whatever stands here: alignment that the
 * storage needs is the node's own affair.
 *
 * @param preferredAlignment bytes; a request aligned to it avoids a read-modify-write; at least 1
 * @param memoryAlignment bytes; buffers at such addresses avoid a copy; at least 1
 * @param optimalTransfer bytes; a good size for bulk copies, such as the cluster size; at least 1
 * @param growsOnWrite a write past the end makes the node longer, and reads past the end give
 *     zeroes
 * @param zeroInitialized a fresh node of this kind reads as zeroes
 * @param operations the operations understood
 */
public record NodeTraits(
    int preferredAlignment,
    int memoryAlignment,
    int optimalTransfer,
    boolean growsOnWrite,
    boolean zeroInitialized,
    Set<Operation> operations) {

  /** Every operation but compressed writes. */
  public static final Set<Operation> PLAIN =
      Set.copyOf(EnumSet.complementOf(EnumSet.of(Operation.WRITE_COMPRESSED)));

  /** Copies the set. */
  public NodeTraits {
    operations = Set.copyOf(operations);
    if (preferredAlignment < 1 || memoryAlignment < 1 || optimalTransfer < 1) {
      throw new IllegalArgumentException("alignments are at least 1 byte");
    }
  }

  /**
   * A node without wishes: any alignment, 64 KiB transfers, {@link #PLAIN} operations, fixed
   * length.
   */
  public static NodeTraits plain() {
    return new NodeTraits(1, 1, 65536, false, false, PLAIN);
  }

  /** The same with no operation that is not among these: what a filter shows of the node below. */
  public NodeTraits limitedTo(Set<Operation> understood) {
    Set<Operation> both = EnumSet.noneOf(Operation.class);
    both.addAll(understood);
    both.retainAll(operations);
    return new NodeTraits(
        preferredAlignment, memoryAlignment, optimalTransfer, growsOnWrite, zeroInitialized, both);
  }
}
