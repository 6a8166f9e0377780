package io.ashlar.engine.bitmap;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Real files whose flushes are counted, and fail or hang from a chosen one on. */
final class FaultyFiles {
  private final FileIo real;
  private final AtomicInteger flushes = new AtomicInteger();
  private volatile int failAt = Integer.MAX_VALUE;
  private volatile boolean forEver;
  private volatile boolean inMemory;
  private volatile CountDownLatch hung;

  FaultyFiles(FileIo real) {
    this.real = real;
  }

  FileIo io() {
    return wrap(FileIo.class, real);
  }

  int flushes() {
    return flushes.get();
  }

  /** That flush fails, counted from 1, or it and all after it. */
  void failAt(int number, boolean andForEver) {
    failAt = number;
    forEver = andForEver;
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

  private <T> T wrap(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (target instanceof FileHandle && method.getName().equals("flush")) {
                flush();
                if (inMemory) {
                  return null;
                }
              }
              try {
                Object result = method.invoke(target, arguments);
                if (result instanceof OpenFile file) {
                  return wrap(OpenFile.class, file);
                }
                return result instanceof FileHandle handle
                    ? wrap(FileHandle.class, handle)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
