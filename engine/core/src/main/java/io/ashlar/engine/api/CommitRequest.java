package io.ashlar.engine.api;

/**
 * The arguments of {@code block-commit}.
 *
 * @param jobId name of the job; {@code null} for the device's name
 * @param device the node whose chain is meant: the top itself, or a filter above it
 * @param topNode the uppermost node that is committed, which is the top of the chain; {@code null}
 *     for that
 * @param baseNode the node that takes the data; {@code null} for the lowest of the chain
 * @param speed bytes a second, 0 for no limit
 * @param autoDismiss the job is forgotten when it has ended
 */
public record CommitRequest(
    String jobId, String device, String topNode, String baseNode, long speed, boolean autoDismiss) {

  /** The whole chain of a node into its lowest one. */
  public static CommitRequest of(String device) {
    return new CommitRequest(null, device, null, null, 0, false);
  }

  /** The chain of a node down to a base. */
  public static CommitRequest into(String device, String baseNode) {
    return new CommitRequest(null, device, null, baseNode, 0, false);
  }
}
