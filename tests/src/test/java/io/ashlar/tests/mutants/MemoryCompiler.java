package io.ashlar.tests.mutants;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Compiles one source against what is compiled already, without writing anything to a disk. No
 * annotation processors, no lint, no Error Prone: a mutant may look as bad as it is.
 */
final class MemoryCompiler implements AutoCloseable {
  private static final List<String> OPTIONS = List.of("-proc:none", "-nowarn", "-parameters", "-g");

  private final JavaCompiler javac =
      Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK is needed, not a JRE");

  /** One for all: it remembers what is in the jars of the class path. */
  private final StandardJavaFileManager files =
      javac.getStandardFileManager(null, null, StandardCharsets.UTF_8);

  /**
   * Compiles sources together.
   *
   * @param sources by their paths; the names of their classes must be in these
   * @return the bytes of its classes, nested ones included, by their binary names
   * @throws IllegalStateException when it does not compile, with what the compiler says
   */
  Map<String, byte[]> compile(Map<String, String> sources) {
    Map<String, ByteArrayOutputStream> classes = new HashMap<>();
    StringWriter said = new StringWriter();
    boolean good =
        javac
            .getTask(
                said,
                new Output(files, classes),
                null,
                OPTIONS,
                null,
                sources.entrySet().stream()
                    .map(source -> new Text(source.getKey(), source.getValue()))
                    .toList())
            .call();
    if (!good) {
      throw new IllegalStateException(sources.keySet() + " does not compile:\n" + said);
    }
    Map<String, byte[]> bytes = new HashMap<>();
    classes.forEach((name, stream) -> bytes.put(name, stream.toByteArray()));
    return bytes;
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  private static final class Text extends SimpleJavaFileObject {
    private final String source;

    Text(String path, String source) {
      super(URI.create("string:///" + path), Kind.SOURCE);
      this.source = source;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return source;
    }
  }

  private static final class Output extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> classes;

    Output(JavaFileManager files, Map<String, ByteArrayOutputStream> classes) {
      super(files);
      this.classes = classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("bytes:///" + name.replace('.', '/')), kind) {
        @Override
        public OutputStream openOutputStream() {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          classes.put(name, bytes);
          return bytes;
        }
      };
    }

    @Override
    public void close() {
      // The files below are another compilation's too.
    }
  }
}
