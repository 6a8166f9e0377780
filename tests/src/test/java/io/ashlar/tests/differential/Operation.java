package io.ashlar.tests.differential;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** One step of a sequence. Both twins do it; answers and refusals must be equal. */
sealed interface Operation {
  /** Does it and returns what a user gets back. */
  byte[] on(Disk disk);

  /** A write of any alignment. */
  record Write(long offset, int length, Fill fill, boolean durable) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.write(offset, length, fill, durable);
      return new byte[0];
    }
  }

  /** A compressed write of clusters that nothing was written to before, in one call. */
  record WriteCompressed(long offset, int length, Fill fill) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.writeCompressed(offset, length, fill);
      return new byte[0];
    }
  }

  /**
   * Compressed writes of single clusters; those that hold something already are refused, one by
   * one. (A call over several would leave it open which of them were written.)
   */
  record WriteClustersCompressed(long offset, int clusterSize, int count, Fill fill)
      implements Operation {
    @Override
    public byte[] on(Disk disk) {
      byte[] done = new byte[count];
      for (int i = 0; i < count; i++) {
        try {
          disk.writeCompressed(offset + (long) i * clusterSize, clusterSize, fill);
          done[i] = 1;
        } catch (Disk.Refused e) {
          done[i] = 0;
        }
      }
      return done;
    }
  }

  /** Zeroes. */
  record WriteZeroes(long offset, long length, boolean mayUnmap) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.writeZeroes(offset, length, mayUnmap);
      return new byte[0];
    }
  }

  /** A discard. */
  record Discard(long offset, long length) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.discard(offset, length);
      return new byte[0];
    }
  }

  /** A read; the bytes are the answer. */
  record Read(long offset, int length) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      return disk.read(offset, length);
    }
  }

  /** A flush. */
  record Flush() implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.flush();
      return new byte[0];
    }
  }

  /** A reopen. */
  record Reopen(boolean readOnly) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.reopen(readOnly);
      return new byte[0];
    }
  }

  /** Close and open again. */
  record Restart() implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.restart();
      return new byte[0];
    }
  }

  /** A change of length. */
  record Resize(long length) implements Operation {
    @Override
    public byte[] on(Disk disk) {
      disk.resize(length);
      return new byte[0];
    }
  }

  /** What a disk answered: bytes, or a refusal with its text. */
  record Answer(ByteBuffer bytes, String refusal) {
    private static final int SHOWN = 16;

    /** Does the operation. */
    static Answer of(Operation operation, Disk disk) {
      try {
        return new Answer(ByteBuffer.wrap(operation.on(disk)), null);
      } catch (Disk.Refused e) {
        return new Answer(ByteBuffer.allocate(0), e.getMessage());
      }
    }

    /** Whether a user could not tell the two apart, but for the words of a refusal. */
    boolean agrees(Answer other) {
      return (refusal == null) == (other.refusal == null) && bytes.equals(other.bytes);
    }

    @Override
    public String toString() {
      byte[] first = new byte[Math.min(SHOWN, bytes.limit())];
      bytes.get(0, first);
      return refusal != null
          ? "refused: " + refusal
          : bytes.limit() + " bytes, first " + Arrays.toString(first);
    }
  }

  /** How many operations of a user this one is. */
  default int weight() {
    return this instanceof WriteClustersCompressed several ? several.count() : 1;
  }
}
