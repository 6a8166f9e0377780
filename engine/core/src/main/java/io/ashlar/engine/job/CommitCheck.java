package io.ashlar.engine.job;

import io.ashlar.engine.api.CommitRequest;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;

/** The arguments of {@code block-commit} by themselves; QEMU's rules. Pure functions. */
final class CommitCheck {
  private CommitCheck() {}

  /**
   * The request with the job's name filled in.
   *
   * @throws BlockException INVALID_OPTION with one sentence
   */
  static CommitRequest complete(CommitRequest request) {
    String device = request.device();
    if (device == null || device.isEmpty()) {
      throw refused("'device' is missing: the name of a node");
    }
    if (request.speed() < 0) {
      throw refused("'speed' is 0 or more bytes a second, not " + request.speed());
    }
    String id = request.jobId() == null ? device : request.jobId();
    if (id.isBlank()) {
      throw refused("'job-id' is empty; leave it out to name the job after its device");
    }
    return new CommitRequest(
        id, device, request.topNode(), request.baseNode(), request.speed(), request.autoDismiss());
  }

  static BlockException refused(String sentence) {
    return new BlockException(ErrorCode.INVALID_OPTION, "block-commit: " + sentence);
  }
}
