package io.ashlar.engine.sim;

import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.sim.Faults.Fault;
import io.ashlar.engine.sim.History.Act;
import io.ashlar.engine.sim.History.Death;
import io.ashlar.engine.sim.History.Request;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Makes histories from seeds: graphs of up to 12 nodes and a few commands on each. */
public final class Histories {
  /** What may go wrong. */
  public enum Trouble {
    /** Nothing; only the order of things is random. */
    NONE,
    /** Drivers that fail. */
    FAULTS,
    /** Drivers that fail or answer long after everybody's patience. */
    LATE,
    /** One image with bitmaps, whose disk fails while it is stored and armed again and again. */
    STORE,
    /** Journals beside the images, which fail and hang. */
    JOURNAL,
    /** Actors. */
    DEATHS,
    /** Patience. */
    HURRY
  }

  private static final int NODES = 12;
  private static final String[] CALLS = {
    "sync",
    "arm",
    "stage",
    "publish",
    "prepareReopen",
    "write",
    "flush",
    "open",
    "close",
    "commit",
    "abort",
    "load",
    "directory",
    "sync",
    "drainBegin"
  };
  private static final String[] JOURNAL_CALLS = {
    "open", "persist", "persist", "persist", "suspend", "resume"
  };
  private static final String[] BITMAPS = {"b0", "b1", "b2"};

  private final SplittableRandom random;
  private final List<Step.Node> graph = new ArrayList<>();
  private final List<Step.Attach> devices = new ArrayList<>();
  private final List<String> images = new ArrayList<>();
  private final List<String> filters = new ArrayList<>();
  private final List<String> all = new ArrayList<>();
  private final List<String> overlays = new ArrayList<>();
  private final List<String> targets = new ArrayList<>();
  private int fresh;

  private Histories(SplittableRandom random) {
    this.random = random;
  }

  /** The history of a seed. */
  public static History of(long seed, Trouble trouble) {
    Histories made = new Histories(new SplittableRandom(seed));
    if (trouble == Trouble.STORE) {
      return made.storing(seed);
    }
    made.graph();
    List<Act> acts = new ArrayList<>();
    int count = 2 + made.random.nextInt(4);
    while (acts.size() < count) {
      for (Step step : made.steps()) {
        acts.add(made.act(step, trouble));
      }
    }
    return new History(seed, made.graph, made.devices, acts, trouble == Trouble.JOURNAL);
  }

  private History storing(long seed) {
    boolean readOnly = random.nextBoolean();
    String top = image(0, readOnly, null);
    devices.add(new Step.Attach("dev0", top, false));
    List<Act> acts = new ArrayList<>();
    boolean write = false;
    for (int i = 3 + random.nextInt(6); i > 0; i--) {
      Step step =
          switch (write ? 2 : random.nextInt(10)) {
            case 0 -> new Step.AddBitmap(top, bitmap(), true, false);
            case 1 -> new Step.Clear(top, bitmap());
            case 2, 3, 4 -> new Step.Attach("writer", top, true);
            case 5, 6 -> new Step.Detach("writer");
            case 7 -> stack("0", true);
            default -> stack("0", false);
          };
      List<Fault> faults = new ArrayList<>();
      // What a store left behind shows when somebody writes next.
      write = step instanceof Step.Reopen && random.nextBoolean();
      if (write || random.nextInt(2) == 0) {
        faults.add(
            new Fault(
                random.nextInt(3) == 0 ? "write" : "sync",
                1 + random.nextInt(6),
                random.nextBoolean() ? Faults.Kind.REFUSE : Faults.Kind.AFTER,
                random.nextInt(3) == 0));
      }
      acts.add(new Act(step, requests("writer"), faults, List.of(), 0));
    }
    return new History(seed, graph, devices, acts, false);
  }

  private List<Request> requests(String device) {
    List<Request> all = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      all.add(
          new Request(
              device,
              "wwwwzdrf".charAt(random.nextInt(8)),
              random.nextInt(12),
              1 + random.nextInt(3)));
    }
    return all;
  }

  private void graph() {
    int stacks = 1 + random.nextInt(3);
    String below = null;
    for (int s = 0; s < stacks && all.size() + 4 <= NODES; s++) {
      boolean readOnly = random.nextInt(4) == 0;
      String top;
      if (random.nextInt(6) == 0) {
        top = raw(s, readOnly);
      } else {
        top = image(s, readOnly, random.nextInt(3) == 0 ? below : null);
        below = readOnly && !top.equals(below) ? top : below;
      }
      if (random.nextInt(3) == 0) {
        top = filter("throttle" + s, top, readOnly);
      }
      int users = random.nextInt(5) == 0 ? 0 : 1;
      for (int u = 0; u < users; u++) {
        devices.add(new Step.Attach("dev" + s, top, !readOnly && random.nextInt(8) != 0));
      }
    }
  }

  private String image(int number, boolean readOnly, String backing) {
    String name = "img" + number;
    String file = "file" + number;
    Map<String, Step.Node> owned = new LinkedHashMap<>();
    Map<String, String> named = new LinkedHashMap<>();
    if (random.nextInt(2) == 0) {
      owned.put("file", node(file, "sim-file", readOnly));
      all.add(file);
    } else {
      graph.add(node(file, "sim-file", readOnly));
      all.add(file);
      String under = file;
      if (random.nextInt(4) == 0) {
        under = filter("lower" + number, file, readOnly);
      }
      named.put("file", under);
    }
    if (backing != null) {
      named.put("backing", backing);
    }
    graph.add(new Step.Node(name, "sim-image", readOnly, owned, named));
    images.add(name);
    all.add(name);
    return name;
  }

  private String raw(int number, boolean readOnly) {
    String name = "raw" + number;
    Step.Node file = node("rawfile" + number, "sim-file", readOnly);
    graph.add(new Step.Node(name, "sim-raw", readOnly, Map.of("file", file), Map.of()));
    all.add(name);
    all.add(file.name());
    return name;
  }

  private String filter(String name, String below, boolean readOnly) {
    graph.add(new Step.Node(name, "sim-filter", readOnly, Map.of(), Map.of("file", below)));
    filters.add(name);
    all.add(name);
    return name;
  }

  private static Step.Node node(String name, String driver, boolean readOnly) {
    return new Step.Node(name, driver, readOnly, Map.of(), Map.of());
  }

  private Act act(Step step, Trouble trouble) {
    List<Request> guests = new ArrayList<>();
    for (Step.Attach device : devices) {
      guests.addAll(requests(device.device()));
    }
    List<Fault> faults = new ArrayList<>();
    List<Death> deaths = new ArrayList<>();
    int hurry = 0;
    switch (trouble) {
      case NONE -> {}
      case FAULTS -> faults(faults, false);
      case LATE -> faults(faults, true);
      case DEATHS -> {
        if (random.nextInt(2) == 0) {
          int messages = step instanceof Step.Resize ? 12 : 40;
          deaths.add(new Death(1 + random.nextInt(messages), random.nextInt(3) == 0));
        }
      }
      case JOURNAL -> {
        if (random.nextInt(2) == 0) {
          Faults.Kind[] kinds = SimJournals.KINDS;
          faults.add(
              new Fault(
                  SimJournals.CALL + JOURNAL_CALLS[random.nextInt(JOURNAL_CALLS.length)],
                  1 + random.nextInt(6),
                  kinds[random.nextInt(kinds.length)],
                  random.nextBoolean()));
        }
        if (random.nextInt(4) == 0) {
          faults(faults, false);
        }
      }
      case STORE -> throw new IllegalArgumentException("made by itself");
      case HURRY -> hurry = random.nextInt(2) == 0 ? 0 : 10 + random.nextInt(60);
    }
    return new Act(step, guests, faults, deaths, hurry);
  }

  private void faults(List<Fault> into, boolean late) {
    Faults.Kind[] kinds = Faults.Kind.values();
    for (int count = random.nextInt(3); count > 0; count--) {
      Faults.Kind kind = kinds[random.nextInt(kinds.length)];
      if (kind == Faults.Kind.LATE || kind == Faults.Kind.LATE_REFUSE) {
        kind = late ? kind : Faults.Kind.REFUSE;
      } else if (late && random.nextInt(2) == 0) {
        kind = Faults.Kind.LATE;
      }
      boolean named = random.nextInt(3) != 0;
      into.add(
          new Fault(
              named ? CALLS[random.nextInt(CALLS.length)] : null,
              1 + random.nextInt(named ? 5 : 60),
              kind,
              random.nextInt(3) == 0));
    }
  }

  private String one(List<String> of, String otherwise) {
    return of.isEmpty() ? otherwise : of.get(random.nextInt(of.size()));
  }

  private String bitmap() {
    return BITMAPS[random.nextInt(BITMAPS.length)];
  }

  /** A few steps that belong together, or one. */
  private List<Step> steps() {
    return switch (random.nextInt(24)) {
      case 0 -> snapshot();
      case 1, 2 -> commit();
      case 3, 4 -> backup();
      case 5, 6 -> inactivity();
      case 7 -> held();
      default -> List.of(step());
    };
  }

  /** A job that only holds a bitmap. */
  private List<Step> held() {
    String node = one(images, "raw0");
    String bitmap = bitmap();
    return List.of(
        new Step.Freeze(node, bitmap), step(), new Step.Thaw(node, bitmap, random.nextBoolean()));
  }

  private List<Step> snapshot() {
    List<Step> all = new ArrayList<>();
    String node = random.nextInt(4) == 0 ? one(filters, "img0") : one(images, "raw0");
    Step.Add overlay = addition();
    all.add(overlay);
    if (random.nextInt(3) == 0) {
      all.add(new Step.Resize(overlay.node().name(), 10 + random.nextInt(20)));
    }
    all.add(new Step.Snapshot(node, overlay.node().name()));
    overlays.add(overlay.node().name());
    if (random.nextBoolean()) {
      all.add(new Step.Idle());
    }
    return all;
  }

  /** Nobody may write to the top meanwhile. */
  private List<Step> commit() {
    List<Step> all = new ArrayList<>(overlays.isEmpty() ? snapshot() : List.of());
    String top = one(overlays, "img0");
    String device = "dev" + random.nextInt(3);
    if (random.nextInt(5) != 0) {
      for (Step.Attach attached : devices) {
        all.add(new Step.Detach(attached.device()));
      }
      all.add(new Step.Attach("reader" + fresh++, top, false));
    }
    all.add(new Step.Commit(top, random.nextInt(4) == 0 ? one(images, "img0") : null));
    if (random.nextBoolean()) {
      all.add(new Step.Attach(device, one(images, "img0"), true));
    }
    return all;
  }

  private List<Step> backup() {
    List<Step> all = new ArrayList<>();
    String target = one(targets, null);
    if (target == null || random.nextInt(3) == 0) {
      Step.Add made = addition();
      target = made.node().name();
      targets.add(target);
      all.add(made);
      if (random.nextInt(2) == 0) {
        all.add(new Step.Resize(target, 16 + random.nextInt(10)));
      }
    }
    String source = random.nextInt(6) == 0 ? one(overlays, "img0") : one(images, "raw0");
    String bitmap = random.nextInt(3) == 0 ? null : bitmap();
    if (bitmap != null && random.nextBoolean()) {
      all.add(new Step.AddBitmap(source, bitmap, random.nextInt(4) != 0, false));
    }
    BitmapMode[] modes = BitmapMode.values();
    all.add(
        new Step.Backup(
            source,
            target,
            bitmap,
            bitmap == null ? null : modes[random.nextInt(modes.length)],
            random.nextInt(4) == 0 ? 1 + random.nextInt(60) : 0));
    return all;
  }

  /** Nobody may write meanwhile. */
  private List<Step> inactivity() {
    List<Step> all = new ArrayList<>();
    String node = one(images, "raw0");
    for (Step.Attach attached : devices) {
      if (attached.writable() && random.nextInt(6) != 0) {
        all.add(new Step.Detach(attached.device()));
      }
    }
    all.add(new Step.SetActive(random.nextInt(6) == 0 ? one(this.all, node) : node, false));
    for (int i = random.nextInt(3); i > 0; i--) {
      all.add(
          switch (random.nextInt(4)) {
            case 0 -> step();
            case 1 -> new Step.SetActive(one(this.all, node), false);
            default -> new Step.Elsewhere(node, random.nextInt(8));
          });
    }
    if (random.nextInt(5) != 0) {
      all.add(new Step.SetActive(node, true));
      if (random.nextBoolean()) {
        all.add(new Step.Attach("dev" + random.nextInt(3), node, true));
      }
    }
    return all;
  }

  private Step step() {
    return switch (random.nextInt(22)) {
      case 0, 1, 2, 3, 4, 5, 6 -> reopen();
      case 7 -> new Step.Insert("f" + fresh++, one(all, "img0"));
      case 8 ->
          new Step.Remove(
              fresh > 0 && random.nextBoolean()
                  ? "f" + random.nextInt(fresh)
                  : one(filters, "throttle0"));
      case 9 -> new Step.Delete(one(all, "img0"));
      case 10 -> new Step.Attach("late" + fresh++, one(all, "img0"), random.nextBoolean());
      case 11 -> new Step.Detach("dev" + random.nextInt(3));
      case 12 -> new Step.Resize(one(images, "raw0"), 4 + random.nextInt(20));
      case 13, 14 ->
          new Step.AddBitmap(
              one(images, "raw0"), bitmap(), random.nextInt(4) != 0, random.nextInt(5) == 0);
      case 15 -> new Step.RemoveBitmap(one(images, "raw0"), bitmap());
      case 16 -> new Step.Clear(one(images, "raw0"), bitmap());
      case 17 ->
          random.nextBoolean()
              ? new Step.Enable(one(images, "raw0"), bitmap(), random.nextBoolean())
              : new Step.Merge(one(images, "raw0"), bitmap(), bitmap());
      case 18 ->
          random.nextBoolean()
              ? new Step.Freeze(one(images, "raw0"), bitmap())
              : new Step.Thaw(one(images, "raw0"), bitmap(), random.nextBoolean());
      case 19 -> together();
      default -> random.nextBoolean() ? new Step.Idle() : addition();
    };
  }

  /** Actions on bitmaps, no two on the same one. */
  private Step together() {
    List<Step> actions = new ArrayList<>();
    for (String name : images) {
      for (String bitmap : BITMAPS) {
        if (random.nextInt(3) == 0) {
          actions.add(
              switch (random.nextInt(4)) {
                case 0 -> new Step.AddBitmap(name, bitmap, random.nextBoolean(), false);
                case 1 -> new Step.RemoveBitmap(name, bitmap);
                case 2 -> new Step.Clear(name, bitmap);
                default -> new Step.Enable(name, bitmap, random.nextBoolean());
              });
        }
      }
    }
    return actions.isEmpty() ? new Step.Idle() : new Step.Together(actions);
  }

  private Step.Add addition() {
    String number = "x" + fresh++;
    Step.Node file = node("file" + number, "sim-file", false);
    return new Step.Add(
        new Step.Node("img" + number, "sim-image", false, Map.of("file", file), Map.of()));
  }

  /** A whole stack mostly, so that the permissions fit; now and then any nodes. */
  private Step reopen() {
    boolean readOnly = random.nextBoolean();
    List<Step.Options> nodes = new ArrayList<>();
    if (random.nextInt(5) == 0) {
      int count = 1 + random.nextInt(3);
      for (int i = 0; i < count; i++) {
        String name = one(all, "img0");
        if (nodes.stream().noneMatch(n -> n.node().equals(name))) {
          nodes.add(
              new Step.Options(
                  name, random.nextBoolean(), (long) random.nextInt(3), backing(name)));
        }
      }
      return new Step.Reopen(nodes);
    }
    return stack(Integer.toString(random.nextInt(3)), readOnly);
  }

  /** Reopens all nodes of one number, or all nodes. */
  private Step stack(String number, boolean readOnly) {
    List<Step.Options> nodes = new ArrayList<>();
    boolean everything = random.nextInt(3) == 0;
    for (String name : all) {
      if ((everything || name.endsWith(number)) && owned(name) == null) {
        nodes.add(new Step.Options(name, readOnly, (long) random.nextInt(3), null));
      }
    }
    for (int i = nodes.size() - 1; i > 0; i--) {
      nodes.add(nodes.remove(random.nextInt(i + 1)));
    }
    return nodes.isEmpty() ? new Step.Idle() : new Step.Reopen(nodes);
  }

  private String backing(String node) {
    if (!node.startsWith("img")) {
      return null;
    }
    return switch (random.nextInt(3)) {
      case 0 -> "";
      case 1 -> one(images, "");
      default -> null;
    };
  }

  private String owned(String name) {
    return graph.stream()
        .filter(n -> n.owned().values().stream().anyMatch(c -> c.name().equals(name)))
        .map(Step.Node::name)
        .findFirst()
        .orElse(null);
  }
}
