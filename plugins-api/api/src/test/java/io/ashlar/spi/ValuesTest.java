package io.ashlar.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The plain types: options, permissions, flags, codes, texts. */
final class ValuesTest {
  @Test
  void textsFromImagesLoseWhatATerminalObeys() {
    assertThat(Texts.printable("plain näme 1")).isEqualTo("plain näme 1");
    assertThat(Texts.printable("a\u001b[31mb\n\t\u0000\u202e\u2028")).isEqualTo("a?[31mb?????");
    assertThat(Texts.printable(null)).isEqualTo("null");
    assertThat(Texts.printable("x".repeat(256))).isEqualTo("x".repeat(256));
    assertThat(Texts.printable("x".repeat(257))).isEqualTo("x".repeat(256) + "...");
  }

  @Test
  void optionsGiveTypedValuesAndNeverChange() {
    Map<String, Object> values = new HashMap<>();
    values.put("flag", true);
    values.put("count", 5L);
    values.put("word", "on");
    values.put("texts", List.of("a", "b"));
    values.put("objects", List.of(Options.of(Map.of("inner", 1L))));
    values.put("absent", null);
    Options options = Options.of(values);
    values.clear();
    assertThat(options.bool("flag")).isTrue();
    assertThat(options.bool("other")).isFalse();
    assertThat(options.number("count")).isEqualTo(5);
    assertThat(options.optionalNumber("word")).isEmpty();
    assertThat(options.string("word")).isEqualTo("on");
    assertThat(options.optionalString("absent")).isEmpty();
    assertThat(options.has("absent")).isFalse();
    assertThat(options.strings("texts")).containsExactly("a", "b");
    assertThat(options.objects("objects").get(0).number("inner")).isEqualTo(1);
    assertThatThrownBy(() -> options.number("absent")).hasMessageContaining("absent");
    assertThat(options).isEqualTo(Options.of(options.asMap())).isNotEqualTo(Options.none());
  }

  @Test
  void schemasKeepOrderAndRefuseDoubles() {
    OptionSpec size = OptionSpec.size("size", "bytes").between(1, 10).mandatory();
    ChildSpec file = new ChildSpec("file", ChildKind.STORAGE, true, "bytes");
    OptionSchema schema =
        OptionSchema.of(size, OptionSpec.bool("on", true, "flag").reopenable()).withChildren(file);
    assertThat(schema.options()).extracting(OptionSpec::name).containsExactly("size", "on");
    assertThat(schema.option("size")).contains(size);
    assertThat(schema.child("file")).contains(file);
    assertThat(schema.option("file")).isEmpty();
    assertThat(size.required() && size.minimum() == 1 && size.maximum() == 10).isTrue();
    OptionSpec fileOption = OptionSpec.string("file", "");
    assertThatThrownBy(() -> schema.with(size)).hasMessageContaining("size is declared twice");
    assertThatThrownBy(() -> schema.with(fileOption)).hasMessageContaining("declared twice");
    assertThatThrownBy(() -> schema.withChildren(file)).hasMessageContaining("declared twice");
  }

  @Test
  void permissionsFitWhenEachSharesWhatTheOtherUses() {
    int write = Permissions.mask(Permission.WRITE);
    int read = Permissions.mask(Permission.CONSISTENT_READ);
    Permissions writer = new Permissions(write, read);
    Permissions reader = new Permissions(read, Permissions.ALL);
    Permissions shy = new Permissions(read, read);
    assertThat(writer.fits(reader)).isTrue();
    assertThat(reader.fits(writer)).isTrue();
    assertThat(writer.fits(shy)).isFalse();
    assertThat(shy.fits(writer)).isFalse();
    assertThat(writer.fits(writer)).isFalse();
    assertThat(writer.and(reader)).isEqualTo(new Permissions(write | read, read));
    assertThat(writer.and(Permissions.NONE)).isEqualTo(writer);
    assertThat(writer.uses(Permission.WRITE)).isTrue();
    assertThat(writer.shares(Permission.WRITE)).isFalse();
    assertThat(Permissions.set(write | read))
        .isEqualTo(Set.of(Permission.WRITE, Permission.CONSISTENT_READ));
  }

  @Test
  void unknownFlagsAreNamed() {
    IoFlags.requireKnown(IoFlags.FUA, IoFlags.FUA | IoFlags.UNCHANGED);
    assertThatThrownBy(() -> IoFlags.requireKnown(IoFlags.FUA | 0x40, IoFlags.FUA))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("0x40");
  }

  @Test
  void codesHaveNumbersOfTheirOwnGroupedByKind() {
    Set<Integer> numbers = new HashSet<>();
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(numbers.add(code.number())).as("%s", code).isTrue();
    }
    assertThat(Arrays.stream(ErrorCode.values()).filter(c -> c.kind() == ErrorKind.INTERNAL))
        .allMatch(c -> c.number() >>> 16 == 3);
    assertThat(new BlockException(ErrorCode.NO_SPACE, "x").kind()).isEqualTo(ErrorKind.STORAGE);
  }
}
