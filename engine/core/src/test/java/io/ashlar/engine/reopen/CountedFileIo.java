package io.ashlar.engine.reopen;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Real image files whose changes and flushes are counted; the chosen one fails, or all from there
 * on.
 */
final class CountedFileIo {
  private static final Set<String> COUNTED =
      Set.of("write", "flush", "setLength", "punchHole", "zeroRange", "allocate");

  private final FileIo real;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private volatile int failing;
  private volatile boolean forEver;

  CountedFileIo(FileIo real) {
    this.real = real;
  }

  FileIo io() {
    return wrap(FileIo.class, real);
  }

  /** Counts anew, and nothing fails. */
  void clear() {
    failing = 0;
    log.clear();
  }

  /** The request of that number fails, counting from now; all later ones too. */
  void fail(int number, boolean alsoLater) {
    log.clear();
    forEver = alsoLater;
    failing = number;
  }

  /** Requests since the last clear, by name. */
  List<String> log() {
    return List.copyOf(log);
  }

  private void count(String name) {
    int number;
    synchronized (log) {
      log.add(name);
      number = log.size();
    }
    if (failing > 0 && (number == failing || (forEver && number > failing))) {
      throw new BlockException(ErrorCode.IO_ERROR, "injected into " + name + " " + number);
    }
  }

  /** A journal beside an image is not counted. */
  private static boolean isImage(Object[] arguments) {
    return arguments[0].toString().endsWith(".qcow2");
  }

  private <T> T wrap(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (target instanceof FileHandle && COUNTED.contains(method.getName())) {
                count(method.getName());
              }
              try {
                Object result = method.invoke(target, arguments);
                if (result instanceof OpenFile file && isImage(arguments)) {
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
