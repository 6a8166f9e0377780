package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefcountCodecTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void testSetAndGet_agreeWithPlainArithmetic(int order) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] block = new byte[512];
    int slots = 512 * 8 >> order;
    long[] model = new long[slots];
    for (int i = 0; i < 4 * slots; i++) {
      int slot = random.nextInt(slots);
      model[slot] = random.nextLong() & RefcountCodec.max(order);
      RefcountCodec.set(block, order, slot, model[slot]);
    }
    for (int slot = 0; slot < slots; slot++) {
      assertThat(RefcountCodec.get(block, order, slot)).as("seed %d", seed).isEqualTo(model[slot]);
    }
    if (order < 3) {
      // Lowest bits of the byte hold the first slot.
      assertThat(block[0] & RefcountCodec.max(order)).isEqualTo(model[0]);
    } else {
      byte[] first = java.util.Arrays.copyOf(block, (1 << order) / 8);
      assertThat(new BigInteger(1, first).longValue()).isEqualTo(model[0]);
    }
    if (order < 6) {
      assertThatThrownBy(() -> RefcountCodec.set(block, order, 0, RefcountCodec.max(order) + 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
