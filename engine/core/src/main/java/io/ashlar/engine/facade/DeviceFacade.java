package io.ashlar.engine.facade;

import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.graph.DeviceCore;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.IoFlags;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A device as embedders hold it. */
final class DeviceFacade implements BlockDevice {
  private static final Logger LOG = LoggerFactory.getLogger("io.ashlar.engine.device");

  private final DeviceCore core;
  private final GraphControl control;
  private final Replies replies;
  private final AtomicBoolean closed = new AtomicBoolean();

  DeviceFacade(DeviceCore core, GraphControl control, Replies replies, Cleaner cleaner) {
    this.core = core;
    this.control = control;
    this.replies = replies;
    cleaner.register(this, leakReport(core.name(), closed));
  }

  /** Must not see the device itself, which would then never be found unused. */
  private static Runnable leakReport(String name, AtomicBoolean closed) {
    return () -> {
      if (!closed.get()) {
        LOG.warn(
            "device '{}' was dropped without close(); it stays attached until the engine closes",
            name);
      }
    };
  }

  @Override
  public String name() {
    return core.name();
  }

  @Override
  public String nodeName() {
    return core.root().name();
  }

  @Override
  public long length() {
    return core.length();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    core.read(offset, target, IoFlags.NONE);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    core.write(offset, source, IoFlags.NONE);
  }

  @Override
  public void write(long offset, ByteBuffer source, int flags) {
    core.write(offset, source, flags);
  }

  @Override
  public void writeZeroes(long offset, long length, int flags) {
    core.writeZeroes(offset, length, flags);
  }

  @Override
  public void discard(long offset, long length) {
    core.discard(offset, length, IoFlags.NONE);
  }

  @Override
  public void flush() {
    core.flush();
  }

  @Override
  public BlockStatus status(long offset, long length) {
    return core.status(offset, length);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true) && control.runtime().devices().get(name()) == core) {
      replies
          .reply("detaching device '" + core.name() + "'", () -> control.detach(core.name()))
          .await();
    }
  }
}
