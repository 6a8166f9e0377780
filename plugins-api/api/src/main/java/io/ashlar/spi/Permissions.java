package io.ashlar.spi;

import java.util.EnumSet;
import java.util.Set;

/**
 * Permissions of one user of a node, or of all of them together, as masks of {@link
 * Permission#bit()}.
 *
 * @param used what it does
 * @param shared what it lets others do
 */
public record Permissions(int used, int shared) {
  /** All four permissions. */
  public static final int ALL = 0b1111;

  /** Uses nothing, shares everything. */
  public static final Permissions NONE = new Permissions(0, ALL);

  /** A mask of the given permissions. */
  public static int mask(Permission... permissions) {
    int mask = 0;
    for (Permission p : permissions) {
      mask |= p.bit();
    }
    return mask;
  }

  /** Whether the permission is used. */
  public boolean uses(Permission permission) {
    return (used & permission.bit()) != 0;
  }

  /** Whether others may do this. */
  public boolean shares(Permission permission) {
    return (shared & permission.bit()) != 0;
  }

  /** Both users together: uses what either uses, shares what both share. */
  public Permissions and(Permissions other) {
    return new Permissions(used | other.used, shared & other.shared);
  }

  /** Whether two users can be on one node at the same time. */
  public boolean fits(Permissions other) {
    return (used & ~other.shared) == 0 && (other.used & ~shared) == 0;
  }

  /** The permissions of a mask, for messages. */
  public static Set<Permission> set(int mask) {
    EnumSet<Permission> set = EnumSet.noneOf(Permission.class);
    for (Permission p : Permission.values()) {
      if ((mask & p.bit()) != 0) {
        set.add(p);
      }
    }
    return set;
  }
}
