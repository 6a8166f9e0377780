package io.ashlar.tests.kill;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * Starts processes fast. JVMs share classes only from jars, so directories of the class path become
 * jars, and the first process leaves an archive of its classes for the others.
 */
final class ChildJvm {
  private final Path directory;
  private final String classPath;
  private final Path archive;

  ChildJvm(Path directory) {
    this.directory = directory;
    this.archive = directory.resolve("classes.jsa");
    String own =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> jars = new ArrayList<>();
    for (String entry : own.split(File.pathSeparator)) {
      Path path = Path.of(entry);
      if (!entry.isEmpty() && Files.exists(path)) {
        jars.add(Files.isDirectory(path) ? jar(path, jars.size()).toString() : entry);
      }
    }
    this.classPath = String.join(File.pathSeparator, jars);
  }

  private Path jar(Path classes, int number) {
    Path jar = directory.resolve(number + ".jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream target = new JarOutputStream(file);
        Stream<Path> tree = Files.walk(classes)) {
      target.setLevel(0);
      for (Path path : tree.filter(Files::isRegularFile).toList()) {
        target.putNextEntry(new JarEntry(classes.relativize(path).toString()));
        Files.copy(path, target);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jar;
  }

  /** Starts one; what it says to standard error goes to a file. */
  Process start(Path errors, Class<?> main, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    boolean first = !Files.exists(archive);
    command.add(first ? "-XX:ArchiveClassesAtExit=" + archive : "-XX:SharedArchiveFile=" + archive);
    Path logging = Path.of(System.getProperty("ashlar.root"), "conf", "logback.xml");
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Djava.io.tmpdir=" + directory,
            "-Dlogback.configurationFile=" + logging,
            "-cp",
            classPath,
            main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
        .start();
  }
}
