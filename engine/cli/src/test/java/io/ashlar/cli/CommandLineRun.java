package io.ashlar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of the command in this JVM.
 *
 * @param code its exit code
 * @param out what it printed on stdout
 * @param err what it printed on stderr
 */
public record CommandLineRun(int code, String out, String err) {

  /** Runs the command. */
  public static CommandLineRun of(Object... arguments) {
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      int code = Main.run(false, texts);
      return new CommandLineRun(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Everything, for messages. */
  public String all() {
    return "exit " + code + "\n" + out + err;
  }

  /** The lines of stdout as JSON. */
  public List<JsonNode> json() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : out.lines().toList()) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  /** All of stdout as one JSON value. */
  public JsonNode whole() throws IOException {
    return new ObjectMapper().readTree(out);
  }

  /** The JSON line of the first step of a name. */
  public JsonNode step(String name) throws IOException {
    for (JsonNode line : json()) {
      if (line.path("event").asText().equals("step") && line.path("name").asText().equals(name)) {
        return line;
      }
    }
    throw new AssertionError("no step " + name + " in\n" + all());
  }
}
