package io.ashlar.driver.throttle;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.MemoryNode;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.contract.VirtualTime;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Nodes over memory in virtual time, and threads that read and write as fast as they may. */
final class Traffic {
  static final long SECOND = 1_000_000_000L;
  static final int MB = 1_000_000;

  final VirtualTime time;
  final TestHost host;
  final MemoryNode memory = MemoryNode.fixed(64L << 20);
  private final List<Waits.WaitThread> threads = new ArrayList<>();

  Traffic() {
    this(7);
  }

  Traffic(long seed) {
    time = new VirtualTime(seed);
    host = TestHost.create().waits(time).clock(time).child("file", memory);
  }

  /** A node of the group; options are added to the group's name. */
  BlockNode node(String group, Map<String, ?> options) {
    Map<String, Object> all = new HashMap<>(options);
    all.put("throttle-group", group);
    return host.open(new ThrottleDriver(), all);
  }

  /** A thread that reads for that long; what it counts are bytes that were let through in time. */
  AtomicLong reader(BlockNode node, int size, long seconds) {
    return run(node, size, seconds, true);
  }

  AtomicLong writer(BlockNode node, int size, long seconds) {
    return run(node, size, seconds, false);
  }

  private AtomicLong run(BlockNode node, int size, long seconds, boolean reads) {
    AtomicLong bytes = new AtomicLong();
    threads.add(
        time.start(
            "caller " + threads.size(),
            () -> {
              ByteBuffer buffer = ByteBuffer.allocate(size);
              while (time.nanoTime() < seconds * SECOND) {
                buffer.clear();
                if (reads) {
                  node.read(0, buffer, IoFlags.NONE);
                } else {
                  node.write(0, buffer, IoFlags.NONE);
                }
                if (time.nanoTime() <= seconds * SECOND) {
                  bytes.addAndGet(size);
                }
              }
            }));
    return bytes;
  }

  /** A thread of its own. */
  Waits.WaitThread start(Runnable body) {
    Waits.WaitThread thread = time.start("caller " + threads.size(), body);
    threads.add(thread);
    return thread;
  }

  void join() {
    for (Waits.WaitThread thread : threads) {
      if (!thread.join(1_000_000 * SECOND)) {
        throw new AssertionError("a caller did not come back");
      }
    }
    threads.clear();
  }
}
