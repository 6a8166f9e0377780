package io.ashlar.cli.run;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Takes SIGINT and SIGTERM. The JDK has this only as {@code sun.misc.Signal}, which every JDK ships
 * but warns of at compile time; so it is called by reflection, and where it is missing the JVM's
 * own handling stays.
 */
final class Signals {
  private Signals() {}

  /** The first signal cancels; the second one ends the process at once. */
  static void install(Cancellation cancellation) {
    take("INT", 130, cancellation);
    take("TERM", 143, cancellation);
  }

  private static void take(String name, int exitCode, Cancellation cancellation) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          switch (method.getName()) {
            case "handle" -> {
              if (!cancellation.cancel("SIG" + name, exitCode)) {
                Runtime.getRuntime().halt(exitCode);
              }
              return null;
            }
            case "equals" -> {
              return proxy == arguments[0];
            }
            case "hashCode" -> {
              return name.hashCode();
            }
            default -> {
              return "handler of SIG" + name;
            }
          }
        };
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object proxy = Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
      signal
          .getMethod("handle", signal, type)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // The JVM ends the process by itself on this signal; bitmaps then stay IN_USE.
      System.Logger log = System.getLogger(Signals.class.getName());
      log.log(System.Logger.Level.DEBUG, "cannot take SIG" + name, e);
    }
  }
}
