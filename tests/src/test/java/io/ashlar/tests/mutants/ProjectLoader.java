package io.ashlar.tests.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;

/**
 * Loads the project's own classes anew, some of them changed, and leaves libraries to its parent.
 *
 * <p>Every class of the project is this loader's, not only the changed one: what is already loaded
 * would go on seeing the sound form. Libraries (Akka, JNA, JUnit) are shared, for they know nothing
 * of the project and are slow to start.
 */
final class ProjectLoader extends URLClassLoader {
  private static final String OURS = "io.ashlar.";

  private final Map<String, byte[]> changed;

  /**
   * Makes one.
   *
   * @param parent has the libraries, and the main classes of all modules
   * @param tests the directory with the compiled tests of one module
   * @param changed classes that are taken before any other of their names
   */
  ProjectLoader(ClassLoader parent, Path tests, Map<String, byte[]> changed) {
    super("mutant", new URL[] {url(tests)}, parent);
    this.changed = Map.copyOf(changed);
  }

  private static URL url(Path directory) {
    try {
      return directory.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      Class<?> found = known != null ? known : define(name);
      if (resolve) {
        resolveClass(found);
      }
      return found;
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes = changed.get(name);
    if (bytes == null) {
      bytes = compiled(name);
    }
    return defineClass(name, bytes, 0, bytes.length);
  }

  private byte[] compiled(String name) throws ClassNotFoundException {
    String path = name.replace('.', '/') + ".class";
    URL tests = findResource(path);
    try (InputStream in =
        tests == null ? getParent().getResourceAsStream(path) : tests.openStream()) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  /** The resources of the tests come before those of the same name on the class path. */
  @Override
  public URL getResource(String name) {
    URL tests = findResource(name);
    return tests == null ? super.getResource(name) : tests;
  }
}
