package io.ashlar.engine.sim;

import io.ashlar.engine.journal.AfterCrash;
import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.ImageJournals;
import io.ashlar.engine.journal.JournalPlugins;
import io.ashlar.engine.journal.JournalServices;
import io.ashlar.engine.journal.LifecycleEvent;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.Origin;
import io.ashlar.spi.BlockException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The journals beside the images of one run: the real actors over storage in memory, which fails
 * and hangs like any other. Whatever becomes of them, no change may fail by it.
 */
final class SimJournals implements ImageJournals {
  /** Before the names of calls into journals among {@link Faults}. */
  static final String CALL = "journal-";

  /** How they fail: also by what no storage should throw. */
  static final Faults.Kind[] KINDS = {
    Faults.Kind.REFUSE,
    Faults.Kind.FULL,
    Faults.Kind.AFTER,
    Faults.Kind.THROW,
    Faults.Kind.ERROR,
    Faults.Kind.LATE,
    Faults.Kind.LATE_REFUSE,
    Faults.Kind.SLOW
  };

  private static final String SUFFIX = ".ashlar-journal";
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(2);
  private static final JournalPlugins PLUGINS =
      new JournalPlugins("sim.journal", "akka.persistence.no-snapshot-store");

  private final Sim sim;
  private final World world;
  private final long run;
  private final Map<String, Open> open = new HashMap<>();
  private int lost;

  /**
   * No journal is open.
   *
   * @param run tells this one from every other in the JVM
   */
  SimJournals(Sim sim, World world, long run) {
    this.sim = sim;
    this.world = world;
    this.run = run;
  }

  /** For the nodes of an engine. */
  JournalServices services() {
    return new JournalServices(
        sim.waits(),
        sim,
        this,
        new Origin("host", 1, "sim"),
        sim.pool("journals"),
        LIMIT,
        15 * LIMIT,
        true,
        (node, text) -> {
          lost++;
          sim.note("NOTICE " + text);
        });
  }

  /** The process is gone, and what was kept is there. */
  void crash() {
    open.clear();
  }

  /** How often one was given up, or not opened. */
  int lost() {
    return lost;
  }

  @Override
  public Opened open(Path place, UUID image, AfterCrash crash) {
    String disk = place.getFileName().toString().replace(SUFFIX, "");
    at(disk, "open");
    if (open.containsKey(disk)) {
      world.violated("the journal of '" + disk + "' is opened twice");
    }
    Open opened = new Open(disk, "run-" + run + "/" + disk);
    open.put(disk, opened);
    SimJournalPlugin.storage(opened.persistenceId(), () -> at(disk, "persist"));
    return opened;
  }

  private void at(String disk, String call) {
    if (world.faults().at(disk, CALL + call)) {
      throw Faults.failure(disk, CALL + call);
    }
  }

  private final class Open implements Opened {
    private final String disk;
    private final String id;
    private boolean suspended;

    Open(String disk, String id) {
      this.disk = disk;
      this.id = id;
    }

    @Override
    public String persistenceId() {
      return id;
    }

    @Override
    public JournalPlugins plugins() {
      return PLUGINS;
    }

    @Override
    public Optional<BlockException> failure() {
      return SimJournalPlugin.failed(id)
          ? Optional.of(Faults.failure(disk, CALL + "persist"))
          : Optional.empty();
    }

    @Override
    public void suspend() {
      at(disk, "suspend");
      suspended = true;
    }

    @Override
    public boolean resume() {
      at(disk, "resume");
      suspended = false;
      return sim.random().nextInt(4) != 0;
    }

    @Override
    public void close() {
      open.remove(disk, this);
    }
  }

  /**
   * Nothing is under way.
   *
   * @param writable the disks of images that may be written
   */
  void atRest(Set<String> writable) {
    open.forEach(
        (disk, journal) -> {
          if (!journal.suspended && !writable.contains(disk)) {
            world.violated("the journal of '" + disk + "' is open, and its image is not writable");
          }
          if (!journal.suspended && journal.failure().isEmpty()) {
            ends(disk, SimJournalPlugin.events(journal.id));
          }
        });
  }

  /** Each change that was announced has an end. */
  private void ends(String disk, List<LifecycleEvent> events) {
    Set<Long> ended = new HashSet<>();
    for (LifecycleEvent event : events) {
      if (event instanceof ChangeDone || event instanceof ChangeFailed) {
        ended.add(event.change());
      }
    }
    for (LifecycleEvent event : events) {
      if (event instanceof ChangeIntended intended
          && !intended.facts().stream().allMatch(BitmapsArmed.class::isInstance)
          && !ended.contains(event.change())
          && lost == 0) {
        world.violated("the journal of '" + disk + "' does not know what became of " + intended);
      }
    }
  }
}
