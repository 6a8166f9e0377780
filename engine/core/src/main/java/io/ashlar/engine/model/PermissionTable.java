package io.ashlar.engine.model;

import static io.ashlar.spi.Permission.CONSISTENT_READ;
import static io.ashlar.spi.Permission.RESIZE;
import static io.ashlar.spi.Permission.WRITE;
import static io.ashlar.spi.Permission.WRITE_UNCHANGED;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ChildKind;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The permissions of a whole graph: what all users of each node together use and share. Making one
 * checks the graph.
 */
public final class PermissionTable {
  /** A device, or a parent by its name. */
  private record User(String label, Permissions permissions, DeviceSpec device, String parent) {

    boolean fits(User other) {
      return permissions.fits(other.permissions) || spares(other) || other.spares(this);
    }

    /** A job keeps what the nodes of its chain show. */
    boolean spares(User other) {
      return device != null && other.parent != null && device.chain().contains(other.parent);
    }
  }

  private final Map<String, Permissions> cumulative = new HashMap<>();

  private PermissionTable() {}

  /** What the users of a node together use and share. */
  public Permissions of(String node) {
    return cumulative.getOrDefault(node, Permissions.NONE);
  }

  /**
   * Checks a graph.
   *
   * @param parentsFirst the graph's nodes, each before its children
   * @throws BlockException PERMISSION_CONFLICT naming both users; READ_ONLY naming the user that
   *     wants to write
   */
  public static PermissionTable check(GraphModel graph, List<String> parentsFirst) {
    PermissionTable table = new PermissionTable();
    Map<String, List<User>> users = new HashMap<>();
    for (DeviceSpec device : graph.devices().values()) {
      users
          .computeIfAbsent(graph.node(device.node()).name(), n -> new ArrayList<>())
          .add(new User("device '" + device.name() + "'", device.permissions(), device, null));
    }
    for (String name : parentsFirst) {
      NodeSpec spec = graph.node(name);
      Permissions all = together(spec, users.getOrDefault(name, List.of()));
      table.cumulative.put(name, all);
      spec.children()
          .forEach(
              (role, child) ->
                  users
                      .computeIfAbsent(child, n -> new ArrayList<>())
                      .add(
                          new User(
                              "'" + role + "' of node '" + name + "'",
                              edge(spec.kind(role), spec, all),
                              null,
                              name)));
    }
    return table;
  }

  private static Permissions together(NodeSpec spec, List<User> users) {
    Permissions all = Permissions.NONE;
    for (int i = 0; i < users.size(); i++) {
      User user = users.get(i);
      requireActive(spec, user);
      if (spec.nodeOptions().readOnly()
          && (user.permissions.uses(WRITE) || user.permissions.uses(RESIZE))) {
        throw new BlockException(
            ErrorCode.READ_ONLY,
            "node '"
                + spec.name()
                + "' is read-only and "
                + user.label
                + " wants to write to it; open it with read-only=false");
      }
      for (int j = 0; j < i; j++) {
        if (!user.fits(users.get(j))) {
          throw conflict(spec, users.get(j), user);
        }
      }
      all = all.and(user.permissions);
    }
    return all;
  }

  private static void requireActive(NodeSpec spec, User user) {
    if (!spec.active() && (user.permissions.uses(WRITE) || user.permissions.uses(RESIZE))) {
      throw new BlockException(
          ErrorCode.NODE_INACTIVE,
          "node '"
              + spec.name()
              + "' cannot be inactive while "
              + user.label
              + " writes to it; detach the writer, or activate the node with"
              + " blockdev-set-active");
    }
  }

  private static BlockException conflict(NodeSpec spec, User first, User second) {
    int blocked = second.permissions.used() & ~first.permissions.shared();
    boolean secondBlocked = blocked != 0;
    User wants = secondBlocked ? second : first;
    User forbids = secondBlocked ? first : second;
    int what = wants.permissions.used() & ~forbids.permissions.shared();
    return new BlockException(
        ErrorCode.PERMISSION_CONFLICT,
        "on node '"
            + spec.name()
            + "', "
            + wants.label
            + " needs "
            + Permissions.set(what)
            + ", which "
            + forbids.label
            + " does not share");
  }

  private static Permissions edge(ChildKind kind, NodeSpec spec, Permissions parent) {
    if (!spec.active()) {
      return Permissions.NONE;
    }
    int quiet = Permissions.mask(CONSISTENT_READ, WRITE_UNCHANGED);
    return switch (kind) {
      // A job's filter must see every change of the node below it: no writer may go around it.
      case FILTERED ->
          spec.hidden()
              ? new Permissions(parent.used(), parent.shared() & ~Permissions.mask(WRITE, RESIZE))
              : parent;
      case STORAGE ->
          new Permissions(
              spec.nodeOptions().readOnly()
                  ? CONSISTENT_READ.bit()
                  : Permissions.mask(CONSISTENT_READ, WRITE, RESIZE),
              quiet);
      // As in QEMU: an overlay that nobody uses needs nothing of what lies below it.
      case BACKING ->
          parent.used() == 0 ? Permissions.NONE : new Permissions(CONSISTENT_READ.bit(), quiet);
      case TARGET -> new Permissions(Permissions.mask(CONSISTENT_READ, WRITE), quiet);
    };
  }
}
