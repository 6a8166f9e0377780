package io.ashlar.driver.nullco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.BlockStatus;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Waits;
import io.ashlar.spi.contract.TestHost;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

final class NullDriverTest {
  private final NullDriver driver = new NullDriver();

  @Test
  void isFoundByItsService() {
    assertThat(ServiceLoader.load(BlockDriver.class).stream().map(each -> each.get().name()))
        .contains("null-co");
  }

  @Test
  void isOneGibibyteThatLeavesBuffersAsTheyAre() {
    BlockNode node = TestHost.create().open(driver);
    assertThat(node.length()).isEqualTo(1L << 30);
    ByteBuffer target = ByteBuffer.wrap(new byte[] {7, 7});
    node.read(0, target, IoFlags.NONE);
    assertThat(target.array()).containsExactly(7, 7);
    assertThat(target.hasRemaining()).isFalse();
    assertThat(node.status(0, 1L << 30)).isEqualTo(BlockStatus.unallocated(1L << 30));
  }

  @Test
  void everyRequestTakesItsTime() {
    List<Long> slept = new ArrayList<>();
    Waits waits =
        new Waits() {
          @Override
          public WaitLock newLock() {
            return SystemWaits.INSTANCE.newLock();
          }

          @Override
          public void sleep(long nanos) {
            slept.add(nanos);
          }

          @Override
          public WaitThread start(String name, Runnable body) {
            return SystemWaits.INSTANCE.start(name, body);
          }
        };
    BlockNode node = TestHost.create().waits(waits).open(driver, Map.of("latency-ns", 1234));
    node.read(0, ByteBuffer.allocate(1), IoFlags.NONE);
    node.write(0, ByteBuffer.allocate(1), IoFlags.NONE);
    node.writeZeroes(0, 1, IoFlags.NONE);
    node.flush();
    assertThat(slept).containsExactly(1234L, 1234L, 1234L, 1234L);
  }

  @Test
  void negativeNumbersAreRefused() {
    assertThatThrownBy(() -> TestHost.create().open(driver, Map.of("latency-ns", -1)))
        .isInstanceOf(BlockException.class);
    assertThatThrownBy(() -> TestHost.create().open(driver, Map.of("size", -1)))
        .isInstanceOf(BlockException.class);
  }
}
