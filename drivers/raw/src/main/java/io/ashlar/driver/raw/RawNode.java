package io.ashlar.driver.raw;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.Child;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.NodeTraits;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import io.ashlar.spi.ReopenContext;
import io.ashlar.spi.ReopenPass;
import io.ashlar.spi.ReopenStep;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** A window of a file. Every request is one addition, one comparison and the file's request. */
final class RawNode implements BlockNode {
  private static final int WRITE_FLAGS = IoFlags.FUA | IoFlags.UNCHANGED;
  private static final int ZERO_FLAGS = WRITE_FLAGS | IoFlags.MAY_UNMAP | IoFlags.NO_FALLBACK;

  private volatile Window window;

  RawNode(Window window) {
    this.window = window;
  }

  @Override
  public NodeTraits traits() {
    Window w = window;
    NodeTraits below = w.file().traits();
    boolean grows = below.growsOnWrite() && !w.fixed();
    boolean compresses = below.operations().contains(Operation.WRITE_COMPRESSED);
    if (grows == below.growsOnWrite() && !compresses) {
      return below;
    }
    return new NodeTraits(
        below.preferredAlignment(),
        below.memoryAlignment(),
        below.optimalTransfer(),
        grows,
        below.zeroInitialized(),
        withoutCompression(below.operations()));
  }

  private static Set<Operation> withoutCompression(Set<Operation> operations) {
    Set<Operation> rest = EnumSet.copyOf(operations);
    rest.remove(Operation.WRITE_COMPRESSED);
    return rest;
  }

  @Override
  public long length() {
    return window.length();
  }

  @Override
  public void read(long offset, ByteBuffer target, int flags) {
    IoFlags.requireKnown(flags, IoFlags.PREFETCH);
    Window w = window;
    w.file().read(place(w, offset, target.remaining(), ErrorCode.INVALID_REQUEST), target, flags);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    IoFlags.requireKnown(flags, WRITE_FLAGS);
    Window w = writable();
    w.file().write(place(w, offset, source.remaining(), ErrorCode.NO_SPACE), source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, ZERO_FLAGS);
    Window w = writable();
    int passed = w.unmap() ? flags : flags & ~IoFlags.MAY_UNMAP;
    w.file().writeZeroes(place(w, offset, length, ErrorCode.NO_SPACE), length, passed);
  }

  @Override
  public void discard(long offset, long length, int flags) {
    IoFlags.requireKnown(flags, IoFlags.NONE);
    Window w = writable();
    long at = place(w, offset, length, ErrorCode.INVALID_REQUEST);
    if (w.unmap()) {
      w.file().discard(at, length, flags);
    }
  }

  @Override
  public void flush() {
    window.file().flush();
  }

  /** The file's status; its own place in the file stands as host offset when it holds data. */
  @Override
  public BlockStatus status(long offset, long length) {
    Window w = window;
    long at = place(w, offset, length, ErrorCode.INVALID_REQUEST);
    BlockStatus below = w.file().status(at, length);
    // Whatever the file says, this node decides the content: there is nothing below a raw image.
    return new BlockStatus(
        below.length(), true, below.data(), below.zero() || !below.allocated(), false, at);
  }

  /**
   * Sets the length of the file.
   *
   * @throws BlockException NOT_SUPPORTED when the node was opened with a size
   */
  @Override
  public void truncate(long newLength, Preallocation preallocation) {
    Window w = writable();
    if (w.fixed()) {
      throw new BlockException(
          ErrorCode.NOT_SUPPORTED,
          "raw node '%s' was opened with a size and keeps it; open it without to resize"
              .formatted(w.nodeName()));
    }
    if (newLength < 0 || newLength > Long.MAX_VALUE - w.offset()) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST,
          "raw node '%s' cannot become %d bytes long".formatted(w.nodeName(), newLength));
    }
    w.file().truncate(w.offset() + newLength, preallocation);
  }

  /** Offset, size, read-only and discard may change; so may the file, behind its edge. */
  @Override
  public ReopenStep prepareReopen(ReopenContext context) {
    Window present = window;
    Window next =
        Window.of(
            context.nodeName(),
            context.child(RawDriver.FILE),
            context.options(),
            context.nodeOptions());
    if (context.pass() == ReopenPass.UP) {
      next.check(); // only now is the file as it will be
    }
    return new RawReopen(this, new RawNode(next), present.file());
  }

  /** Takes over the other's window, through the edge that stays. */
  void become(RawNode staged, Child file) {
    window = staged.window.over(file);
  }

  @Override
  public Map<String, Object> details() {
    Window w = window;
    return w.fixed()
        ? Map.of(RawDriver.OFFSET, w.offset(), RawDriver.SIZE, w.size())
        : Map.of(RawDriver.OFFSET, w.offset());
  }

  /** Nothing is cached here. */
  @Override
  public void close() {}

  private Window writable() {
    Window w = window;
    if (w.readOnly()) {
      throw new BlockException(
          ErrorCode.READ_ONLY,
          "raw node '%s' is read-only; reopen it with read-only = false to write"
              .formatted(w.nodeName()));
    }
    return w;
  }

  /** Where a request goes in the file; none leaves the window. */
  private static long place(Window w, long offset, long length, ErrorCode past) {
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - w.offset() - length) {
      throw outside(w, ErrorCode.INVALID_REQUEST, offset, length);
    }
    if (w.fixed() && offset + length > w.size()) {
      throw outside(w, past, offset, length);
    }
    return w.offset() + offset;
  }

  private static BlockException outside(Window w, ErrorCode code, long offset, long length) {
    return new BlockException(
        code, "%d bytes at %d lie outside raw node '%s'".formatted(length, offset, w.nodeName()));
  }
}
