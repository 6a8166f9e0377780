package io.ashlar.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Our JSON as another library reads it. */
final class JsonTest {
  @Test
  void anotherLibraryReadsTheSame() throws JsonProcessingException {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("text", "a\"\\\n\t\u0001\u00e4\u2028\ud83d\ude00");
    value.put("numbers", List.of(1, 1L << 60, 0.25));
    value.put("nothing", null);
    value.put("empty", List.of(Map.of(), List.of()));
    value.put("list", new ArrayList<>(Arrays.asList(true, null, "x")));
    String line = Json.line(value);
    assertThat(line).doesNotContain("\n").matches("\\p{ASCII}*");
    assertThat(new ObjectMapper().readValue(line, Object.class))
        .isEqualTo(
            new ObjectMapper()
                .readValue(new ObjectMapper().writeValueAsString(value), Object.class));
  }
}
