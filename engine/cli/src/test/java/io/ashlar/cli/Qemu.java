package io.ashlar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The real tools, as the judge of what Ashlar leaves behind. */
public final class Qemu {
  private Qemu() {}

  /** Runs a tool that must end with 0 and gives its output; skips the test without the tool. */
  public static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(command[0] + " ends").isTrue();
      assertThat(process.exitValue()).as(String.join(" ", command) + "\n" + output).isZero();
      return output;
    } catch (IOException e) {
      Assumptions.abort(command[0] + " is not installed");
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@code qemu-img info} as JSON. */
  public static JsonNode info(Path image) throws IOException {
    return new ObjectMapper()
        .readTree(run("qemu-img", "info", "-U", "--output=json", image.toString()));
  }

  /** The flags of a stored bitmap. */
  public static List<String> bitmapFlags(Path image, String name) throws IOException {
    for (JsonNode bitmap : info(image).at("/format-specific/data/bitmaps")) {
      if (bitmap.get("name").asText().equals(name)) {
        List<String> flags = new ArrayList<>();
        bitmap.get("flags").forEach(flag -> flags.add(flag.asText()));
        return flags;
      }
    }
    throw new AssertionError(image + " has no bitmap " + name);
  }

  /** Bytes that the image itself holds, backing files left out. */
  public static long allocated(Path image) throws IOException {
    long sum = 0;
    for (JsonNode one :
        new ObjectMapper().readTree(run("qemu-img", "map", "--output=json", image.toString()))) {
      sum +=
          one.get("depth").asInt() == 0 && one.get("present").asBoolean()
              ? one.get("length").asLong()
              : 0;
    }
    return sum;
  }

  /** {@code qemu-img check} finds nothing. */
  public static void check(Path image) {
    assertThat(run("qemu-img", "check", image.toString())).contains("No errors were found");
  }
}
