package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ashlar.spi.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What graph files mean, and the place and hint of every mistake in one. */
final class GraphFileTest {
  private static final String DECLARED =
      "parameters {\n  size { type = size, default = 1M }\n  image { doc = \"an image\" }\n"
          + "  fast { type = boolean, default = false }\n}\n";

  @TempDir Path directory;

  @Test
  void parametersFillTheFile() throws IOException {
    String text = DECLARED + "run = [ { write { node = a, length = ${size}, pattern = 1 } } ]";
    assertThat(only(text).arguments()).containsEntry("length", 1048576L);
    assertThat(only(text, "size=64k").arguments()).containsEntry("length", 65536L);
  }

  @Test
  void parametersWithoutValueLeaveNothing() throws IOException {
    String text =
        DECLARED
            + "define { disk = own, disk = ${?image} }\n"
            + "run = [ { flush { node = ${define.disk} } } ]";
    assertThat(only(text).arguments()).containsEntry("node", "own");
    assertThat(only(text, "image=theirs").arguments()).containsEntry("node", "theirs");
    refused("run = [ { flush { node = ${image} } } ]", 1, "${image} is neither a parameter");
    refused(
        DECLARED + "run = [ { flush { node = ${image} } } ]", 6, "${image} is neither a parameter");
  }

  @Test
  void theEnvironmentIsNotSeen() {
    assertThat(System.getenv("PATH")).isNotNull();
    refused("run = [ { print = ${PATH} } ]", 1, "${PATH}");
  }

  @Test
  void onlyDeclaredParametersCanBeSet() {
    ConfigurationException e = refusal(DECLARED, "sise=1M");
    assertThat(e).hasMessageStartingWith("--set sise=1M: ").hasMessageContaining("'size'?");
    assertThat(refusal(DECLARED, "run=[]")).hasMessageContaining("declares no parameter 'run'");
    assertThat(refusal(DECLARED, "size=big")).hasMessageContaining("must be a size");
    assertThat(refusal(DECLARED, "size")).hasMessageContaining("NAME=VALUE");
    assertThat(refusal(DECLARED, "size=1", "size=2")).hasMessageContaining("twice");
    assertThat(refusal("parameters { a { required = true } }"))
        .hasMessageContaining("--set a=VALUE");
    assertThat(refusal("parameters { a { type = file } }", "a=" + directory.resolve("none")))
        .hasMessageContaining("there is no file");
  }

  @Test
  void declarationsAreChecked() {
    refused("parameters {\n  a { defult = 1 }\n}", 2, "did you mean 'default'?");
    refused("parameters {\n  a { type = sise }\n}", 2, "did you mean 'size'?");
    refused("parameters {\n  a { type = size, default = [] }\n}", 2, "not a list");
    refused("parameters {\n  a = 3\n}", 2, "declared as");
    refused("parameters {\n  run { default = x }\n}", 2, "key of the file itself");
    refused("parameters {\n\n  \"a b\" { default = x }\n}", 3, "cannot name a parameter");
  }

  @Test
  void keysCommandsAndModifiersAreChecked() {
    refused("graph = []\nruns = []", 2, "did you mean 'run'?");
    refused("run = [\n  {\n    blockdev-ad {}\n  }\n]", 3, "did you mean 'blockdev-add'?");
    refused("run = [\n  { flush = a\n    nmae = x }\n]", 3, "did you mean 'name'?");
    refused("run = [\n  { flush = a, print = b }\n]", 2, "a step has one command");
    refused("run = [\n  { name = x }\n]", 2, "names no command");
    refused("run = [\n  { flush = a\n    expect-error = READONLY }\n]", 3, "'READ_ONLY'?");
    refused("run = [\n  { flush = a\n    wait = false }\n]", 3, "ends before the next step");
    refused("run = [\n  { write = 3 }\n]", 2, "are an object");
    refused("run = [\n  3\n]", 2, "must be a step");
    refused("run = 3", 1, "must be a list");
    refused("output { directry = x }", 1, "did you mean 'directory'?");
    refused("output { directory = x, files = [ a/b ] }", 1, "names without a directory");
  }

  @Test
  void brokenSyntaxAndIncludesHaveTheirPlace() {
    refused("run = [\n  { flush = a\n", 3, "");
    refused("run = []\ninclude \"other.conf\"", 2, "includes nothing");
    refused("run = []\ninclude url(\"http://localhost/x\")", 2, "includes nothing");
    assertThat(
            catchThrowableOfType(
                ConfigurationException.class,
                () -> GraphFile.read(directory.resolve("none"), List.of(), false)))
        .hasMessageContaining("there is no such file");
  }

  @Test
  void stepsCanDependOnParameters() throws IOException {
    for (String[] one :
        new String[][] {
          {"image", "", "'image' is not set"},
          {"image", "image=x", null},
          {"\"!image\"", "", null},
          {"\"!image\"", "image=x", "'image' is set"},
          {"fast", "", "'fast' is not set"},
          {"fast", "fast=on", null},
          {"false", "", "when = false"},
          {"true", "", null}
        }) {
      String text = DECLARED + "run = [ { flush = a, when = " + one[0] + " } ]";
      Step step = one[1].isEmpty() ? only(text) : only(text, one[1]);
      assertThat(step.skipped()).as(Arrays.toString(one)).isEqualTo(one[2]);
    }
    refused(DECLARED + "run = [ { flush = a, when = imgae } ]", 6, "did you mean 'image'?");
    refused(DECLARED + "run = [ { flush = a, when = 3 } ]", 6, "'when' is");
  }

  @Test
  void createAndGraphAreSteps() throws IOException {
    GraphFile file =
        read(
            "create = [ { driver = file, filename = f, size = 1 } ]\n"
                + "graph = [ { driver = file, node-name = n, filename = f, when = true } ]\n"
                + "run = [ { print = x, name = last, expect-error = IO_ERROR } ]");
    assertThat(file.steps())
        .extracting(Step::command)
        .containsExactly("blockdev-create", "blockdev-add", "print");
    assertThat(file.steps()).extracting(Step::number).containsExactly(1, 2, 3);
    assertThat(file.steps().get(0).arguments())
        .isEqualTo(Map.of("options", Map.of("driver", "file", "filename", "f", "size", 1)));
    assertThat(file.steps().get(1).arguments()).doesNotContainKey("when");
    assertThat(file.steps().get(2).expectedError()).isEqualTo(ErrorCode.IO_ERROR);
  }

  @Test
  void pastedJsonIsAGraphFile() throws IOException {
    Step step =
        only(
            "{ \"graph\": [ { \"driver\": \"qcow2\", \"node-name\": \"n\", \"backing\": null,\n"
                + "  \"file\": { \"driver\": \"file\", \"filename\": \"a\" } } ] }");
    assertThat(step.arguments()).containsKey("backing").containsEntry("backing", null);
  }

  @Test
  void aNewDirectoryIsNamedAndNotMadeYet() throws IOException {
    GraphFile file =
        read(
            "parameters { out { type = output-directory } }\n"
                + "output { directory = ${out}, files = [ a ] }");
    assertThat(file.outputDirectory()).doesNotExist();
    assertThat(file.parameters().notes()).containsKey("out");
    assertThat(file.outputFiles()).containsExactly("a");
  }

  private Step only(String text, String... settings) throws IOException {
    return read(text, settings).steps().get(0);
  }

  private GraphFile read(String text, String... settings) throws IOException {
    Path file = directory.resolve("graph.conf");
    Files.writeString(file, text);
    return GraphFile.read(file, List.of(settings), false);
  }

  private ConfigurationException refusal(String text, String... settings) {
    ConfigurationException e =
        catchThrowableOfType(ConfigurationException.class, () -> read(text, settings));
    assertThat(e).as(text).isNotNull();
    return e;
  }

  private void refused(String text, int line, String message) {
    assertThat(refusal(text))
        .as(text)
        .hasMessageStartingWith(directory.resolve("graph.conf") + ":" + line + ": ")
        .hasMessageContaining(message);
  }
}
