package io.ashlar.spi;

import java.util.Optional;

/**
 * Capability of a filter that saves a node's content, as it was at one moment, to a target: what a
 * guest is about to change is copied first, and a job copies the rest through the same filter. Each
 * wanted cluster is copied once, by whoever comes first.
 *
 * <p>Between {@link #begin} and {@link #end}, all methods may be called from any number of threads
 * at once. Like every request, {@link #copyCluster} runs under a ticket of the filter's node and of
 * the target.
 *
 * <p>Nothing is durable in the target until its own {@link BlockIo#flush}.
 */
public interface CopyBeforeWrite {
  /**
   * The unit of copies in bytes: a power of two, at least 64 KiB and the target's cluster. The last
   * cluster of a node may be shorter.
   */
  long clusterSize();

  /**
   * The moment: what the node holds now is what will be in the target. Waits for changes in flight;
   * call it while the node is quiesced when several nodes are to have one moment.
   *
   * @throws BlockException INVALID_REQUEST when a plan is under way already, or the target is
   *     shorter than the node
   */
  void begin(CopyPlan plan);

  /** Whether a plan is under way. */
  boolean active();

  /**
   * The first cluster that is still wanted, at or after {@code offset}.
   *
   * @return its first byte, or -1
   */
  long nextWanted(long offset);

  /**
   * Copies the cluster that holds {@code offset}, if it is still wanted.
   *
   * @return whether this call copied it; false when that was done before, or was not wanted
   * @throws BlockException what reading the node or writing the target failed with; the cluster is
   *     still wanted. With the {@link #failure} once there is one. INVALID_REQUEST without a plan
   */
  boolean copyCluster(long offset);

  /**
   * Drops the wish for all clusters that touch the range; a copy under way is finished first. Does
   * nothing without a plan.
   */
  void skip(long offset, long length);

  /** Bytes of all clusters that are still wanted; 0 without a plan. */
  long remaining();

  /**
   * Why the target will never be complete: a copy before a guest's write failed and the write went
   * on ({@code on-cbw-error = break-snapshot}). The job must fail with it. Also reported as {@link
   * NodeEvent.SideWorkFailed}. It stays known after {@link #end}, until the next begin.
   */
  Optional<BlockException> failure();

  /**
   * No more copies: waits for those under way, then guest writes go straight through. Idempotent.
   */
  void end();
}
