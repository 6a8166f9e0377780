package io.ashlar.engine.facade;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

/** Real files whose reads can be held in their middle, as by a disk that does not answer. */
final class HeldFileIo {
  private final FileIo real;
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile boolean holding;

  HeldFileIo(FileIo real) {
    this.real = real;
  }

  FileIo io() {
    return wrap(FileIo.class, real);
  }

  /** Reads that begin from now on wait for {@link #release}. */
  void hold() {
    holding = true;
  }

  /** Waits until a read is held. */
  void awaitHeld() throws InterruptedException {
    entered.await();
  }

  void release() {
    holding = false;
    released.countDown();
  }

  private <T> T wrap(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (holding && target instanceof FileHandle && method.getName().equals("read")) {
                entered.countDown();
                released.await();
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
