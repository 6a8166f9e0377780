import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the mutants of {@code ci/mutants.txt}, one after the other, in a copy of the sources, and runs the test that has to
 * fail by each.
 *
 * <pre>
 * java ci/Mutants.java ROOT COPY [NAME...]
 * </pre>
 *
 * <p>Ends with 0 when every one was caught.
 */
final class Mutants {
  private static final Pattern HEAD = Pattern.compile("([A-Z][A-Z0-9_]+): (.*)");
  private static final Pattern FAILED = Pattern.compile("Tests run: \\d+, (Failures: [1-9]|Failures: 0, Errors: [1-9])");

  private record Mutant(String name, String what, String file, String module, String test, List<String> gone, List<String> come) {}

  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]);
    Path copy = Path.of(args[1]);
    List<String> wanted = List.of(args).subList(2, args.length);
    int missed = 0;
    int made = 0;
    for (Mutant mutant : read(root.resolve("ci/mutants.txt"))) {
      if (wanted.isEmpty() || wanted.contains(mutant.name())) {
        made++;
        String verdict = judge(mutant, copy);
        missed += verdict.equals("caught") ? 0 : 1;
        System.out.println(mutant.name() + ": " + verdict + " by " + mutant.test());
      }
    }
    System.out.println(made - missed + " caught, " + missed + " not");
    System.exit(missed == 0 && made > 0 ? 0 : 1);
  }

  private static String judge(Mutant mutant, Path copy) throws IOException, InterruptedException {
    Path file = copy.resolve(mutant.file());
    String sound = Files.readString(file);
    Files.writeString(file, made(sound, mutant));
    try {
      Process maven =
          new ProcessBuilder(
                  "mvn", "-B", "-Pfast", "-pl", mutant.module(), "-am", "test", "-Dtest=" + mutant.test())
              .directory(copy.toFile())
              .redirectErrorStream(true)
              .start();
      maven.getOutputStream().close();
      String output = new String(maven.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (maven.waitFor() == 0) {
        return "NOT CAUGHT";
      }
      return FAILED.matcher(output).find() ? "caught" : "NOT BUILT\n" + output;
    } finally {
      Files.writeString(file, sound);
    }
  }

  private static String made(String source, Mutant mutant) {
    List<String> lines = new ArrayList<>(List.of(source.split("\n", -1)));
    List<String> stripped = lines.stream().map(String::strip).toList();
    int at = java.util.Collections.indexOfSubList(stripped, mutant.gone());
    if (at < 0 || at != java.util.Collections.lastIndexOfSubList(stripped, mutant.gone())) {
      throw new IllegalStateException(mutant.name() + ": its lines are not in " + mutant.file() + " once");
    }
    lines.subList(at, at + mutant.gone().size()).clear();
    lines.addAll(at, mutant.come());
    return String.join("\n", lines);
  }

  private static List<Mutant> read(Path file) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      Matcher head = HEAD.matcher(line);
      if (head.matches()) {
        mutants.add(new Mutant(head.group(1), head.group(2), "", "", "", new ArrayList<>(), new ArrayList<>()));
      } else if (!line.isBlank() && !line.startsWith("#")) {
        Mutant last = mutants.remove(mutants.size() - 1);
        mutants.add(with(last, line));
      }
    }
    return mutants;
  }

  private static Mutant with(Mutant m, String line) {
    String rest = line.substring(line.indexOf(' ') < 0 ? line.length() : line.indexOf(' ') + 1).strip();
    switch (line.split(" ", 2)[0]) {
      case "file" -> {
        return new Mutant(m.name, m.what, rest, m.module, m.test, m.gone, m.come);
      }
      case "test" -> {
        String[] words = rest.split(" ");
        return new Mutant(m.name, m.what, m.file, words[0], words[1], m.gone, m.come);
      }
      case "-" -> m.gone.add(rest);
      case "+" -> m.come.add(rest);
      default -> throw new IllegalStateException(m.name + ": not understood: " + line);
    }
    return m;
  }
}
