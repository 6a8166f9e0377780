package io.ashlar.spi.contract;

import java.nio.ByteBuffer;

/** The shapes of buffer that a caller may hand to a node. */
enum BufferKind {
  HEAP {
    @Override
    ByteBuffer make(int count) {
      return ByteBuffer.allocate(count);
    }
  },
  DIRECT {
    @Override
    ByteBuffer make(int count) {
      return ByteBuffer.allocateDirect(count);
    }
  },
  /** A view into a larger array, with bytes before and after that are not the request's. */
  HEAP_SLICE {
    @Override
    ByteBuffer make(int count) {
      return ByteBuffer.allocate(count + 30).slice(7, count + 16).position(9).limit(count + 9);
    }
  },
  /** Position and limit inside a direct buffer at an odd address. */
  DIRECT_WINDOW {
    @Override
    ByteBuffer make(int count) {
      return ByteBuffer.allocateDirect(count + 30).position(3).limit(count + 3);
    }
  };

  /** A buffer with that many bytes remaining. */
  abstract ByteBuffer make(int count);
}
