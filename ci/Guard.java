import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Reads what the test runners left behind and says what became of every test.
 *
 * <p>Every class named {@code *Test} or {@code *Spec} that is not abstract must have run at least one
 * test, or stand in {@code ci/allowed-skips.txt}: a runner that silently finds nothing must not look
 * like success.
 *
 * <pre>
 * java ci/Guard.java [--ci] [--counts] [--build-failed] ROOT [MODULE]
 *   --ci            a skipped test that is not in ci/allowed-skips.txt is a failure
 *   --counts        end with "N passed, N failed, N skipped"; without it, only the classes are looked at, as failed
 *                   tests are the runner's to report
 *   --build-failed  the build ended badly: never report success
 * </pre>
 *
 * <p>With MODULE, only that module's classes and reports are read.
 */
final class Guard {
  private final Path root;
  private final Map<String, String> allowed;
  private final List<Report> reports = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private int tests;
  private int failed;
  private int skipped;

  private Guard(Path root) throws IOException {
    this.root = root;
    this.allowed = readAllowed(root.resolve("ci/allowed-skips.txt"));
  }

  public static void main(String[] args) throws Exception {
    boolean ci = false;
    boolean counts = false;
    boolean buildFailed = false;
    List<String> paths = new ArrayList<>();
    for (String arg : args) {
      switch (arg) {
        case "--ci" -> ci = true;
        case "--counts" -> counts = true;
        case "--build-failed" -> buildFailed = true;
        default -> paths.add(arg);
      }
    }
    Path root = Path.of(paths.get(0)).toRealPath();
    Guard guard = new Guard(root);
    guard.inspect(paths.size() > 1 ? Path.of(paths.get(1)).toRealPath() : root, ci);
    boolean good = guard.report(counts, buildFailed);
    System.exit(good ? 0 : 1);
  }

  private void inspect(Path where, boolean ci) throws Exception {
    for (Path module : modules(where)) {
      checkClasses(
          module.resolve("target/test-classes"),
          readReports(module.resolve("target/surefire-reports"), ci));
    }
  }

  private static List<Path> modules(Path where) throws IOException {
    try (Stream<Path> files = Files.find(where, 4, (p, a) -> p.endsWith("pom.xml"))) {
      return files
          .map(Path::getParent)
          .filter(p -> !builtUnder(where.relativize(p)))
          .sorted()
          .toList();
    }
  }

  private static boolean builtUnder(Path relative) {
    String path = "/" + relative + "/";
    return path.contains("/target/") || path.contains("/.ashlar/");
  }

  private List<Report> readReports(Path directory, boolean ci) throws Exception {
    List<Report> found = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return found;
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(p -> p.getFileName().toString().matches("TEST-.*\\.xml")).sorted().toList();
    }
    for (Path file : files) {
      Element suite =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(file.toFile())
              .getDocumentElement();
      Report report =
          new Report(
              suite.getAttribute("name"),
              number(suite, "tests"),
              number(suite, "failures") + number(suite, "errors"),
              number(suite, "skipped"),
              Double.parseDouble(suite.getAttribute("time").replace(",", "")));
      found.add(report);
      tests += report.tests;
      failed += report.failed;
      skipped += report.skipped;
      NodeList cases = suite.getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        Element test = (Element) cases.item(i);
        String id = test.getAttribute("classname") + "#" + test.getAttribute("name");
        if (test.getElementsByTagName("failure").getLength() > 0
            || test.getElementsByTagName("error").getLength() > 0) {
          System.out.println("failed: " + id);
        } else if (test.getElementsByTagName("skipped").getLength() > 0) {
          skippedCase(id, (Element) test.getElementsByTagName("skipped").item(0), ci);
        }
      }
    }
    reports.addAll(found);
    return found;
  }

  private void skippedCase(String id, Element skip, boolean ci) {
    String text = skip.getAttribute("message") + "\n" + skip.getTextContent();
    String why = text.strip().lines().findFirst().orElse("no reason given").strip();
    String reason = allowedReason(id);
    System.out.println("skipped: " + id + ": " + why);
    if (ci && reason == null) {
      problems.add(id + " was skipped (" + why + ") and is not in ci/allowed-skips.txt");
    }
  }

  private void checkClasses(Path directory, List<Report> ofModule) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    List<Path> classes;
    try (Stream<Path> all = Files.walk(directory)) {
      classes = all.filter(p -> isTestName(p.getFileName().toString())).sorted().toList();
    }
    for (Path file : classes) {
      if (isAbstract(file)) {
        continue;
      }
      String path = directory.relativize(file).toString();
      String name = path.substring(0, path.length() - ".class".length()).replace('/', '.');
      int found = 0;
      int ran = 0;
      for (Report report : ofModule) {
        if (report.name.equals(name) || report.name.startsWith(name + "$")) {
          found += report.tests;
          ran += report.tests - report.skipped;
        }
      }
      if (ran == 0 && allowedReason(name) == null) {
        problems.add(name + " ran no test: " + found + " found, " + found + " skipped");
      }
    }
  }

  private static boolean isTestName(String file) {
    return !file.contains("$") && (file.endsWith("Test.class") || file.endsWith("Spec.class"));
  }

  private boolean report(boolean counts, boolean buildFailed) {
    if (counts) {
      reports.stream()
          .sorted(Comparator.comparingDouble((Report r) -> -r.seconds))
          .limit(8)
          .filter(r -> r.seconds >= 5)
          .forEach(
              r -> System.out.println(String.format(Locale.ROOT, "%7.1f s  %s", r.seconds, r.name)));
    }
    problems.forEach(p -> System.out.println("guard: " + p));
    int bad = counts ? failed + problems.size() : problems.size();
    if (buildFailed) {
      System.out.println("guard: the build itself failed");
      bad = Math.max(bad, 1);
    }
    if (counts && tests == 0 && bad == 0) {
      System.out.println("guard: no test ran at all");
      bad = 1;
    }
    if (counts) {
      int passed = tests - failed - skipped;
      System.out.println(passed + " passed, " + bad + " failed, " + skipped + " skipped");
    }
    return bad == 0;
  }

  /** Lines of {@code CLASS : reason} or {@code CLASS#METHOD : reason}; {@code #} starts a comment line. */
  private static Map<String, String> readAllowed(Path file) throws IOException {
    Map<String, String> result = new TreeMap<>();
    if (!Files.exists(file)) {
      return result;
    }
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int colon = line.indexOf(" : ");
      if (colon < 0 || line.substring(colon + 3).isBlank()) {
        throw new IOException(file + ": no reason given in: " + line);
      }
      result.put(line.substring(0, colon).strip(), line.substring(colon + 3).strip());
    }
    return result;
  }

  /** The reason for a class or for one case of it; what follows a method's name, as in {@code (int)[3]}, is left out. */
  private String allowedReason(String id) {
    int hash = id.indexOf('#');
    String ofClass = allowed.get(hash < 0 ? id : id.substring(0, hash));
    if (ofClass != null || hash < 0) {
      return ofClass;
    }
    String exact = allowed.get(id);
    return exact != null ? exact : allowed.get(id.replaceFirst("[\\[({].*$", ""));
  }

  private static int number(Element element, String name) {
    String text = element.getAttribute(name);
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  /** Reads a class file as far as its access flags. Interfaces are abstract too. */
  private static boolean isAbstract(Path file) throws IOException {
    try (InputStream raw = Files.newInputStream(file);
        DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(raw))) {
      in.skipNBytes(8);
      int count = in.readUnsignedShort();
      for (int i = 1; i < count; i++) {
        int tag = in.readUnsignedByte();
        switch (tag) {
          case 1 -> in.skipNBytes(in.readUnsignedShort());
          case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
          case 5, 6 -> {
            in.skipNBytes(8);
            i++;
          }
          case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
          case 15 -> in.skipNBytes(3);
          default -> throw new IOException(file + ": unknown constant " + tag);
        }
      }
      return (in.readUnsignedShort() & 0x0400) != 0;
    }
  }

  private record Report(String name, int tests, int failed, int skipped, double seconds) {}
}
