package io.ashlar.engine.option;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Sizes as qemu-img takes and prints them. */
final class SizesTest {
  @Test
  void whatQemuImgTakes() {
    String[] texts = {"0", "512", "1.5M", ".5k", "1.1k", "5b", "0x100000", "1m", "8E", "7E", "64G"};
    long[] bytes = {0, 512, 3 << 19, 512, 1126, 5, 1 << 20, 1 << 20, -1, 7L << 60, 64L << 30};
    for (int i = 0; i < texts.length; i++) {
      assertThat(Sizes.parse(texts[i]).orElse(-1)).as(texts[i]).isEqualTo(bytes[i]);
    }
  }

  @Test
  void whatQemuImgRefuses() {
    for (String text : new String[] {"", "1e3", "1MiB", "0x10k", "1Z", "-1", "1.5", "k", "1 k"}) {
      assertThat(Sizes.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void whatQemuImgPrints() {
    assertThat(Sizes.human(0)).isEqualTo("0 B");
    assertThat(Sizes.human(64 << 20)).isEqualTo("64 MiB");
    assertThat(Sizes.human(196 << 10)).isEqualTo("196 KiB");
    assertThat(Sizes.human(1_509_949)).isEqualTo("1.44 MiB");
    assertThat(Sizes.human(1023)).isEqualTo("1 KiB");
  }
}
