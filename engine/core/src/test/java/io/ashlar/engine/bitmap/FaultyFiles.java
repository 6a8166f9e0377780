package io.ashlar.engine.bitmap;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Real files whose flushes and writes are counted, and fail or hang from a chosen one on; and whose
 * file system has so much room.
 */
final class FaultyFiles {
  private final FileIo real;
  private final AtomicInteger flushes = new AtomicInteger();
  private final AtomicInteger writes = new AtomicInteger();
  private final Map<Path, Long> lengths = new ConcurrentHashMap<>();
  private volatile int failAt = Integer.MAX_VALUE;
  private volatile int failWriteAt = Integer.MAX_VALUE;
  private volatile boolean forEver;
  private volatile boolean inMemory;
  private volatile long room = Long.MAX_VALUE;
  private volatile CountDownLatch hung;
  private volatile String failing;
  private volatile Throwable failure;
  private volatile String hanging;
  private volatile CountDownLatch hungCall = new CountDownLatch(0);

  FaultyFiles(FileIo real) {
    this.real = real;
  }

  FileIo io() {
    return wrap(FileIo.class, real, null);
  }

  int flushes() {
    return flushes.get();
  }

  int writes() {
    return writes.get();
  }

  /** That flush fails, counted from 1, or it and all after it. */
  void failAt(int number, boolean andForEver) {
    failAt = number;
    forEver = andForEver;
  }

  /** The same for writes. */
  void failWriteAt(int number, boolean andForEver) {
    failWriteAt = number;
    forEver = andForEver;
  }

  /** All files together may have so many bytes. */
  void room(long bytes) {
    room = bytes;
  }

  /** Bytes of all files that were written. */
  long used() {
    return lengths.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Every call of that name fails, from now on; {@code null} for none. */
  void fail(String call, Throwable with) {
    failure = with;
    failing = call;
  }

  /** Calls of that name hang until {@link #releaseCalls}. */
  void hang(String call) {
    hungCall = new CountDownLatch(1);
    hanging = call;
  }

  void releaseCalls() {
    hanging = null;
    hungCall.countDown();
  }

  /** Flushes take no time and do nothing, for tests of many. */
  void skipFlushes() {
    inMemory = true;
  }

  void hang() {
    hung = new CountDownLatch(1);
  }

  void release() {
    CountDownLatch waited = hung;
    hung = null;
    waited.countDown();
  }

  private void flush() throws InterruptedException {
    int number = flushes.incrementAndGet();
    CountDownLatch wait = hung;
    if (wait != null) {
      wait.await();
    }
    if (number == failAt || (forEver && number > failAt)) {
      throw new BlockException(ErrorCode.IO_ERROR, "a flush failed");
    }
  }

  private synchronized void write(Path path, long offset, int count) {
    int number = writes.incrementAndGet();
    if (number == failWriteAt || (forEver && number > failWriteAt)) {
      throw new BlockException(ErrorCode.IO_ERROR, "a write failed");
    }
    long before = lengths.getOrDefault(path, 0L);
    long after = Math.max(before, offset + count);
    if (after > before && used() + after - before > room) {
      throw new BlockException(ErrorCode.NO_SPACE, "no space left");
    }
    lengths.put(path, after);
  }

  private void before(Object target, Path path, Method method, Object[] arguments)
      throws Throwable {
    String name = method.getName();
    if (name.equals(hanging)) {
      hungCall.await();
    }
    if (name.equals(failing)) {
      throw failure;
    }
    if (target instanceof FileHandle && name.equals("flush")) {
      flush();
    } else if (target instanceof FileHandle && name.equals("write")) {
      write(path, (long) arguments[0], ((ByteBuffer) arguments[1]).remaining());
    } else if (target instanceof FileIo && name.equals("delete")) {
      lengths.remove((Path) arguments[0]);
    } else if (target instanceof FileIo && name.equals("rename")) {
      Long length = lengths.remove((Path) arguments[0]);
      if (length != null) {
        lengths.put((Path) arguments[1], length);
      }
    }
  }

  private <T> T wrap(Class<T> type, T target, Path path) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              before(target, path, method, arguments);
              if (inMemory && target instanceof FileHandle && method.getName().equals("flush")) {
                return null;
              }
              Path named = target instanceof FileIo && arguments != null ? first(arguments) : path;
              try {
                Object result = method.invoke(target, arguments);
                if (result instanceof OpenFile file) {
                  return wrap(OpenFile.class, file, named);
                }
                return result instanceof FileHandle handle
                    ? wrap(FileHandle.class, handle, named)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private static Path first(Object[] arguments) {
    return arguments.length > 0 && arguments[0] instanceof Path path ? path : null;
  }
}
