package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a driver's test says about itself, and the tools that the tests of the suite share. */
abstract class ContractBase {
  /** The driver under test. */
  protected abstract BlockDriver driver();

  /**
   * Readies a fresh host so that opening {@link #driver} gives a new, empty, writable node of that
   * length: children, files, an image made with {@link TestHost#create(BlockDriver, Map)}. Called
   * many times; each call is a disk of its own.
   *
   * @param length bytes, a multiple of 512
   * @return the options to open it with
   */
  protected abstract Map<String, ?> prepare(TestHost host, long length);

  /** Whether reads give back what was written; if not, they give zeroes for ever. */
  protected boolean stores() {
    return true;
  }

  /** Whether reads give anything that can be predicted. */
  protected boolean readsAreDefined() {
    return true;
  }

  /** Whether truncate works. */
  protected boolean resizable() {
    return true;
  }

  /** Whether a reopen may switch between read-only and read-write. */
  protected boolean reopensReadOnly() {
    return true;
  }

  /** Bytes of the nodes that the tests open; a multiple of 512, at least 256 KiB. */
  protected int length() {
    return (1 << 20) + 3 * 512;
  }

  final Subject subject() {
    return subject(length());
  }

  final Subject subject(long length) {
    TestHost host = TestHost.create();
    return new Subject(this, host, prepare(host, length));
  }

  /** Random bytes without zeroes, so that data is never mistaken for emptiness. */
  static byte[] pattern(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    for (int i = 0; i < count; i++) {
      bytes[i] = bytes[i] == 0 ? (byte) 0x5a : bytes[i];
    }
    return bytes;
  }

  static BlockException expect(ErrorCode code, ThrowingCallable call) {
    try {
      call.call();
    } catch (BlockException e) {
      assertThat(e.code()).as("code of: %s", e.getMessage()).isEqualTo(code);
      assertThat(e.getMessage()).isNotBlank();
      return e;
    } catch (Throwable e) {
      throw new AssertionError("a driver throws BlockException alone, not " + e, e);
    }
    throw new AssertionError("expected a refusal with " + code);
  }

  static byte[] read(BlockNode node, long offset, int count) {
    ByteBuffer target = ByteBuffer.allocate(count);
    node.read(offset, target, IoFlags.NONE);
    return target.array();
  }

  static void write(BlockNode node, long offset, byte[] bytes) {
    node.write(offset, ByteBuffer.wrap(bytes), IoFlags.NONE);
  }

  /** What should be read back after these bytes were written over emptiness. */
  final byte[] stored(byte[] written) {
    return stores() ? written : new byte[written.length];
  }

  final void assertReads(BlockNode node, long offset, byte[] expected) {
    byte[] found = read(node, offset, expected.length);
    if (!readsAreDefined() || Arrays.equals(found, expected)) {
      return;
    }
    int at = Arrays.mismatch(found, expected);
    throw new AssertionError(
        "byte %d of the node is %d, should be %d".formatted(offset + at, found[at], expected[at]));
  }

  /** Walks the status of the whole node and holds it against what reads give. */
  final void assertStatusIsTrue(Subject subject) {
    BlockNode node = subject.node();
    long length = node.length();
    for (long offset = 0; offset < length; ) {
      BlockStatus status = node.status(offset, length - offset);
      assertThat(status.length()).as("length of %s", status).isBetween(1L, length - offset);
      byte[] content = read(node, offset, Math.toIntExact(status.length()));
      boolean empty = status.zero() || !status.allocated() && !subject.hasBacking();
      if (empty && readsAreDefined()) {
        assertThat(firstNonZero(content)).as("data under %s at %d", status, offset).isEqualTo(-1);
      }
      assertThat(status.hostOffset()).isGreaterThanOrEqualTo(BlockStatus.UNKNOWN_OFFSET);
      if (status.data() && !status.zero() && !status.compressed() && status.hostOffset() >= 0) {
        subject.assertStored(status.hostOffset(), content);
      }
      offset += status.length();
    }
  }

  private static int firstNonZero(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != 0) {
        return i;
      }
    }
    return -1;
  }
}
