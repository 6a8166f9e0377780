package io.ashlar.engine.crash;

import java.security.Provider;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.SplittableRandom;

/**
 * Random numbers for identities that are the same in each run, so that states of different runs
 * that differ in nothing else count once. Only for a JVM of the harness's own.
 */
public final class FixedRandom extends SecureRandomSpi {
  private static final long serialVersionUID = 1L;
  private static SplittableRandom numbers = new SplittableRandom(0);

  /** Made by the provider. */
  public FixedRandom() {}

  /** From now on {@code SecureRandom} is this; before anybody has made one. */
  static void install() {
    Security.insertProviderAt(new Fixed(), 1);
  }

  /** From the beginning again. */
  static void restart(long seed) {
    numbers = new SplittableRandom(seed);
  }

  private static final class Fixed extends Provider {
    private static final long serialVersionUID = 1L;

    Fixed() {
      super("fixed", "1", "the same numbers in each run");
      put("SecureRandom.Fixed", FixedRandom.class.getName());
    }
  }

  @Override
  protected void engineSetSeed(byte[] seed) {}

  @Override
  protected void engineNextBytes(byte[] bytes) {
    numbers.nextBytes(bytes);
  }

  @Override
  protected byte[] engineGenerateSeed(int count) {
    return new byte[count];
  }
}
