package io.ashlar.spi;

/** Something a node tells its users of outside any request. */
public sealed interface NodeEvent {
  /**
   * The image contradicts itself; QEMU's {@code BLOCK_IMAGE_CORRUPTED}.
   *
   * @param message one sentence
   * @param offset host offset in bytes, or -1
   * @param fatal whether the node refuses writes from now on
   */
  record ImageCorrupted(String message, long offset, boolean fatal) implements NodeEvent {}

  /**
   * A filter's side work failed while the guest's request went on, such as a copy to a backup
   * target.
   *
   * @param message one sentence
   */
  record SideWorkFailed(String message) implements NodeEvent {}

  /**
   * Something worth a line in a log.
   *
   * @param message one sentence
   */
  record Warning(String message) implements NodeEvent {}
}
