package io.ashlar.driver.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.OpenFile.LockType;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.Texts;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * The locks of one open file: bytes 100 + i say "I use permission i", bytes 200 + i "I do not share
 * it"; all are shared locks, and a conflict is found by testing for an exclusive one. Locking comes
 * before testing, so that of two who race at least one sees the other.
 *
 * <p>Bytes are counted by claim: the node's present claim and those of reopens under way. A byte is
 * released when the last claim on it goes, so that an aborted reopen takes nothing from the node.
 */
final class LockBytes {
  private static final int USED = 100;
  private static final int UNSHARED = 200;
  private static final int KINDS = Permission.values().length;

  private final OpenFile file;
  private final String name;

  /** Whether bytes are locked at all. */
  private boolean enabled;

  /** Claims by bit: used permissions in the low bits, unshared ones above. Control plane only. */
  private final int[] claims = new int[2 * KINDS];

  LockBytes(OpenFile file, String name, boolean enabled) {
    this.file = file;
    this.name = name;
    this.enabled = enabled;
  }

  /**
   * Takes and tests the bytes of some permissions on top of those held.
   *
   * @return the claim, to be given to {@link #release}
   * @throws BlockException FILE_LOCKED, and then nothing has changed
   */
  int claim(Permissions permissions) {
    if (!enabled) {
      return 0;
    }
    int claim = permissions.used() | (~permissions.shared() & Permissions.ALL) << KINDS;
    int taken = 0;
    try {
      for (int bit = 0; bit < claims.length; bit++) {
        if ((claim & 1 << bit) != 0) {
          take(bit);
          taken |= 1 << bit;
        }
      }
      test(permissions);
    } catch (RuntimeException e) {
      release(taken);
      throw e;
    }
    return claim;
  }

  private void take(int bit) {
    if (claims[bit] == 0 && !file.setLock(position(bit), 1, LockType.READ)) {
      throw new BlockException(
          ErrorCode.FILE_LOCKED,
          "Failed to lock byte "
              + position(bit)
              + ": somebody holds it exclusively; is another process using the image '"
              + Texts.printable(name)
              + "'?");
    }
    claims[bit]++;
  }

  private void test(Permissions wanted) {
    for (Permission permission : Permission.values()) {
      if (wanted.uses(permission) && isHeld(UNSHARED + permission.ordinal())) {
        throw conflict("", permission);
      }
    }
    for (Permission permission : Permission.values()) {
      if (!wanted.shares(permission) && isHeld(USED + permission.ordinal())) {
        throw conflict("shared ", permission);
      }
    }
  }

  private boolean isHeld(int position) {
    return !file.couldLock(position, 1, LockType.WRITE);
  }

  private BlockException conflict(String shared, Permission permission) {
    return new BlockException(
        ErrorCode.FILE_LOCKED,
        "Failed to get "
            + shared
            + '"'
            + word(permission)
            + "\" lock: is another process using the image '"
            + Texts.printable(name)
            + "'? It uses "
            + held(USED)
            + " and refuses others "
            + held(UNSHARED)
            + "; end it, or read the image all the same with read-only=true and force-share=true");
  }

  private String held(int base) {
    StringJoiner words = new StringJoiner(", ").setEmptyValue("nothing");
    for (Permission permission : Permission.values()) {
      if (isHeld(base + permission.ordinal())) {
        words.add(word(permission));
      }
    }
    return words.toString();
  }

  private static String word(Permission permission) {
    return permission.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Gives a claim back, once. */
  void release(int claim) {
    if (!enabled) {
      return;
    }
    for (int bit = 0; bit < claims.length; bit++) {
      if ((claim & 1 << bit) != 0 && --claims[bit] == 0) {
        file.setLock(position(bit), 1, LockType.NONE);
      }
    }
  }

  /** The file is about to be closed, and its locks go with it. */
  void forget() {
    enabled = false;
  }

  private static int position(int bit) {
    return bit < KINDS ? USED + bit : UNSHARED + bit - KINDS;
  }
}
