package io.ashlar.tests.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./ashlar} from anywhere, moved, damaged, built by two at once, and from a checkout nobody
 * may write to.
 */
final class LauncherTest {
  private static final Path ROOT = Path.of(System.getProperty("ashlar.root"));
  private static final Set<String> NOT_COPIED =
      Set.of("target", ".git", "source", "tests", "bench");
  private static final String BUILDING = "ashlar: building";

  private static String version;
  private static int count;

  @TempDir static Path shared;
  @TempDir Path dir;

  @BeforeAll
  static void buildOnce() throws Exception {
    Result first = run(shared, Map.of(), ROOT.resolve("ashlar"), "--version");
    assertThat(first.status).as(first.stderr).isZero();
    version = first.stdout;
    assertThat(version).isNotBlank();
  }

  @Test
  void startsFromAnywhereThroughLinks() throws Exception {
    Path link = Files.createSymbolicLink(dir.resolve("one"), ROOT.resolve("ashlar"));
    Path second = Files.createSymbolicLink(dir.resolve("two"), link.getFileName());
    Result result = run(dir, Map.of(), second, "--version");
    assertThat(result).isEqualTo(new Result(0, version, ""));
  }

  @Test
  void aMovedCheckoutStartsAndSaysNothingOfItsUselessArchive() throws Exception {
    Path copy = copyOfCheckout();
    assertThat(run(dir, Map.of(), copy.resolve("ashlar"), "--version"))
        .isEqualTo(new Result(0, version, ""));
  }

  @Test
  void aDamagedArchiveCostsTimeAndNothingElse() throws Exception {
    Path copy = copyOfCheckout();
    List<Path> archives;
    try (Stream<Path> files = Files.walk(copy.resolve(".ashlar"))) {
      archives = files.filter(f -> f.toString().endsWith(".jsa")).toList();
    }
    assertThat(archives).isNotEmpty();
    for (Path archive : archives) {
      Files.delete(archive);
      Files.writeString(archive, "not an archive");
    }
    assertThat(run(dir, Map.of(), copy.resolve("ashlar"), "--version"))
        .isEqualTo(new Result(0, version, ""));
  }

  @Test
  void whoComesSecondWaitsForTheBuild() throws Exception {
    Path copy = copyOfCheckout();
    FileTime newer = FileTime.from(Instant.now());
    Files.setLastModifiedTime(copy.resolve("pom.xml"), newer);
    Started one = start(dir, Map.of(), copy.resolve("ashlar"), "--version");
    Started two = start(dir, Map.of(), copy.resolve("ashlar"), "--version");
    Result first = one.end();
    Result second = two.end();
    assertThat(List.of(first.status, second.status)).as("%s %s", first, second).containsOnly(0);
    assertThat(List.of(first.stdout, second.stdout)).containsOnly(version);
    String said = first.stderr + second.stderr;
    assertThat(said).containsOnlyOnce("the sources changed: building again");
    assertThat(said).contains("waiting for it");
  }

  @Test
  void aCheckoutNobodyMayWriteToIsBuiltInTheCache() throws Exception {
    Path copy = copyOfCheckout();
    deleteTree(copy.resolve(".ashlar"));
    Files.writeString(copy.resolve(".ashlar"), "a file where the directory should be");
    Map<String, String> cache = Map.of("XDG_CACHE_HOME", dir.resolve("cache").toString());
    Result result = run(dir, cache, copy.resolve("ashlar"), "--version");
    assertThat(result.status).as(result.stderr).isZero();
    assertThat(result.stdout).isEqualTo(version);
    assertThat(result.stderr).contains(BUILDING);
    assertThat(dir.resolve("cache/ashlar")).isNotEmptyDirectory();
    assertThat(run(dir, cache, copy.resolve("ashlar"), "--version"))
        .isEqualTo(new Result(0, version, ""));
  }

  @Test
  void withNowhereToBuildItSaysSo() throws Exception {
    Path copy = copyOfCheckout();
    deleteTree(copy.resolve(".ashlar"));
    Files.writeString(copy.resolve(".ashlar"), "a file where the directory should be");
    Path file = Files.writeString(dir.resolve("cache"), "a file too");
    Result result =
        run(dir, Map.of("XDG_CACHE_HOME", file.toString()), copy.resolve("ashlar"), "--version");
    assertThat(result.status).isEqualTo(1);
    assertThat(result.stdout).isEmpty();
    assertThat(result.stderr).contains("XDG_CACHE_HOME").hasLineCount(1);
  }

  @Test
  void aReadyBuildStartsWithinTheBudget() throws Exception {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long begun = System.nanoTime();
      run(dir, Map.of(), ROOT.resolve("ashlar"), "--version");
      best = Math.min(best, System.nanoTime() - begun);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(1500));
  }

  /** The built checkout, with the times of its files, without what only tests need. */
  private Path copyOfCheckout() throws IOException {
    Path copy = dir.resolve("a copy");
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
              throws IOException {
            boolean left = !from.equals(ROOT) && NOT_COPIED.contains(from.getFileName().toString());
            if (left && !keeps(from)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(copy.resolve(ROOT.relativize(from)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path from, BasicFileAttributes attributes)
              throws IOException {
            Path to = copy.resolve(ROOT.relativize(from));
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path from, IOException error)
              throws IOException {
            Path to = copy.resolve(ROOT.relativize(from));
            Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
            return FileVisitResult.CONTINUE;
          }
        });
    for (String module : List.of("tests", "bench")) {
      Path pom = copy.resolve(module).resolve("pom.xml");
      Files.createDirectories(pom.getParent());
      Files.copy(ROOT.resolve(module).resolve("pom.xml"), pom);
    }
    return copy;
  }

  /** Packages may be called what a build directory is called. */
  private static boolean keeps(Path directory) {
    return directory.toString().contains("/src/main/");
  }

  private static void deleteTree(Path tree) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(tree)) {
      all.forEach(files::add);
    }
    for (int i = files.size() - 1; i >= 0; i--) {
      Files.delete(files.get(i));
    }
  }

  private static Result run(Path in, Map<String, String> environment, Path command, String... args)
      throws Exception {
    return start(in, environment, command, args).end();
  }

  private static Started start(
      Path in, Map<String, String> environment, Path command, String... args) throws IOException {
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(List.of(args));
    Path out = shared.resolve("out" + count);
    Path err = shared.resolve("err" + count++);
    ProcessBuilder builder = new ProcessBuilder(line).directory(in.toFile());
    builder.environment().putAll(environment);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return new Started(
        builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
  }

  private record Started(Process process, Path out, Path err) {
    Result end() throws Exception {
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        throw new AssertionError("still running after five minutes: " + Files.readString(err));
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }

  private record Result(int status, String stdout, String stderr) {}
}
