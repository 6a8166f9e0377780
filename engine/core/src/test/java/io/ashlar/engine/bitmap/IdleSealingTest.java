package io.ashlar.engine.bitmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.contract.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When an idle node is sealed; in virtual time. */
class IdleSealingTest {
  private static final long QUIET = TimeUnit.SECONDS.toNanos(60);

  private final long seed = System.nanoTime();
  private final VirtualTime time = new VirtualTime(seed);
  private final List<Fake> nodes = new ArrayList<>();
  private IdleSealing idle;

  /** A node that is written by the test. */
  private static final class Fake implements IdleSealing.Node {
    private final String name;
    private long writes;
    private boolean armed = true;
    private boolean fails;
    private int seals;

    Fake(String name) {
      this.name = name;
    }

    void write() {
      writes++;
      armed = true;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long changes() {
      return writes;
    }

    @Override
    public boolean sealable() {
      return armed;
    }

    @Override
    public void seal() {
      seals++;
      armed = fails;
    }
  }

  @BeforeEach
  void start() {
    nodes.add(new Fake("a"));
    nodes.add(new Fake("b"));
    idle = new IdleSealing(time, time, QUIET, () -> List.copyOf(nodes));
  }

  @AfterEach
  void stop() {
    idle.close();
  }

  private Fake a() {
    return nodes.get(0);
  }

  @Test
  void aNodeIsSealedOnceAfterTheQuietTimeAndNotBefore() {
    time.sleep(QUIET - 1);
    assertThat(a().seals).as("seed %d", seed).isZero();
    time.sleep(QUIET + 1);
    assertThat(a().seals).isEqualTo(1);
    time.sleep(10 * QUIET);
    assertThat(a().seals).isEqualTo(1);
  }

  @Test
  void everyWritePostponesIt() {
    for (int i = 0; i < 20; i++) {
      a().write();
      time.sleep(QUIET / 2);
    }
    assertThat(a().seals).as("seed %d", seed).isZero();
    assertThat(nodes.get(1).seals).as("the other one was quiet").isEqualTo(1);
    time.sleep(2 * QUIET);
    assertThat(a().seals).isEqualTo(1);
    a().write();
    time.sleep(2 * QUIET);
    assertThat(a().seals).as("again after a write").isEqualTo(2);
  }

  @Test
  void whatIsNotArmedIsLeftAlone() {
    a().armed = false;
    time.sleep(5 * QUIET);
    assertThat(a().seals).isZero();
  }

  @Test
  void aFailureIsTriedAgainAfterTheNextWriteOnly() {
    a().fails = true;
    time.sleep(10 * QUIET);
    assertThat(a().seals).isEqualTo(1);
    a().fails = false;
    a().write();
    time.sleep(2 * QUIET);
    assertThat(a().seals).isEqualTo(2);
  }

  @Test
  void aNodeThatIsGoneIsForgotten() {
    time.sleep(QUIET / 2);
    Fake gone = nodes.remove(0);
    time.sleep(5 * QUIET);
    assertThat(gone.seals).isZero();
    nodes.add(0, new Fake("a"));
    time.sleep(QUIET / 2 - 1);
    assertThat(a().seals).as("a new node of its name begins anew").isZero();
    time.sleep(2 * QUIET);
    assertThat(a().seals).isEqualTo(1);
  }
}
