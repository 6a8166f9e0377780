package io.ashlar.engine.journal;

import io.ashlar.engine.journal.BitmapFact.BitmapsArmed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeDone;
import io.ashlar.engine.journal.LifecycleEvent.ChangeFailed;
import io.ashlar.engine.journal.LifecycleEvent.ChangeIntended;
import io.ashlar.engine.journal.file.JournalIdentity;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.Texts;
import io.ashlar.spi.Waits.WaitLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The history of one node's image, kept in a journal beside it. Opens the journal when the image
 * may be written, lets go of it when it may not any more, and gives it up at the first sign of
 * failure: an actor that ended, or an answer that did not come in time, whose outcome nobody knows.
 * It is given up aloud, and before the change that could not be announced goes on. The next arming
 * or reopen begins anew.
 *
 * <p>{@link #ready}, {@link #intend} and {@link #release} come from one thread at a time; the
 * actor's end may be told at any moment.
 */
public final class NodeJournal implements LifecycleLog {
  /** Most events that are kept by one message, so that no record grows beyond bounds. */
  private static final int BATCH = 500;

  /** Most facts in one event, for the same reason. */
  private static final int FACTS = 256;

  private static final Logger LOG = LoggerFactory.getLogger(NodeJournal.class);

  private final String node;
  private final JournalServices services;
  private final Supplier<JournalPlacement> placement;
  private final ImageTime time;
  private volatile JournalChild.Host host;
  private final AtomicReference<LiveJournal> live = new AtomicReference<>();

  /** Let go of while the image cannot be written. */
  private final AtomicReference<LiveJournal> resting = new AtomicReference<>();

  /** The last one that was opened; two at once would find each other's lock. */
  private volatile LiveJournal last;

  /** The last call into a journal's storage that was given up and may still come back. */
  private volatile BoundedCall<?> hanging;

  private volatile JournalState known = JournalState.EMPTY;

  /** What the image said of its journal when it was opened after a crash, or null. */
  private AfterCrash named;

  /** Why the last opening failed; of the thread that opens. */
  private String lastFailure = "no journal is kept for it";

  /** Since an event was kept; what goes wrong again is not said again. */
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  /**
   * Held while something is said: whoever finds that another thread says it already goes on when it
   * has been said, and not before.
   */
  private final WaitLock saying;

  /**
   * The history of a node.
   *
   * @param node its name
   * @param placement where its journal belongs, asked at each opening
   */
  public NodeJournal(String node, JournalServices services, Supplier<JournalPlacement> placement) {
    this(node, services, placement, ImageTime.NONE);
  }

  /**
   * The history of a node.
   *
   * @param node its name
   * @param placement where its journal belongs, asked at each opening
   * @param time of the image
   */
  public NodeJournal(
      String node, JournalServices services, Supplier<JournalPlacement> placement, ImageTime time) {
    this.time = time;
    this.node = node;
    this.services = services;
    this.placement = placement;
    saying = services.waits().newLock();
  }

  @Override
  public void hostedBy(JournalChild.Host parent) {
    host = parent;
    // Also one that is still being opened: its actor is gone, and nobody else would say so.
    LiveJournal orphan = last;
    if (orphan != null) {
      orphan.orphaned();
    }
  }

  @Override
  public void ready(String by, Supplier<List<StoredBitmap>> image) {
    if (live.get() == null) {
      open(by, image, null);
    }
  }

  @Override
  public void ready(String by, Supplier<List<StoredBitmap>> image, AfterCrash crash) {
    release();
    OnceCrash once = new OnceCrash(crash);
    named = new NamedJournal(crash.fence());
    open(by, image, once);
    once.lost(lastFailure);
  }

  @Override
  public void examine(AfterCrash crash) {
    OnceCrash once = new OnceCrash(crash);
    try {
      JournalPlacement where = placement.get();
      if (where.path() == null) {
        once.lost(nowhere(where));
        return;
      }
      named = new NamedJournal(crash.fence());
      JournalIdentity found =
          BoundedCall.begin(
                  services, "reading", () -> services.files().read(where.path(), once), i -> {})
              .await(services.recoveryNanos());
      once.settle(found, time.openedNanos());
    } catch (RuntimeException | LinkageError | AssertionError e) {
      once.lost(BoundedCall.asKnown("reading", e).getMessage());
    }
  }

  private static String nowhere(JournalPlacement where) {
    return where.none().isEmpty() ? "no journal is kept for it" : where.none();
  }

  private void open(String by, Supplier<List<StoredBitmap>> image, AfterCrash crash) {
    try {
      JournalPlacement where = placement.get();
      if (where.path() == null) {
        lastFailure = nowhere(where);
        notice(where.none());
        return;
      }
      LiveJournal opened = crash == null ? resumed(where) : null;
      if (opened == null) {
        LiveJournal before = last;
        if (before != null) {
          before.awaitClosed();
        }
        opened = open(where, crash);
      }
      try {
        Map<String, String> whole =
            crash == null ? Map.of() : crash.settle(opened.identity(), time.openedNanos());
        reconcile(opened, by, image.get(), whole);
      } catch (RuntimeException | LinkageError | AssertionError e) {
        opened.giveUp();
        throw e;
      }
    } catch (RuntimeException | LinkageError | AssertionError e) {
      lastFailure = BoundedCall.asKnown("opening", e).getMessage();
      notice("no history of its bitmaps is kept: " + lastFailure);
    }
  }

  /** The one that rested, if its file is as it was left; else {@code null}. */
  private LiveJournal resumed(JournalPlacement where) {
    LiveJournal before = resting.getAndSet(null);
    if (before == null || before.resume(where)) {
      return before;
    }
    before.giveUp();
    return null;
  }

  /** In the time that an opening may take, all of it together. */
  private LiveJournal open(JournalPlacement where, AfterCrash crash) {
    long end = services.clock().nanoTime() + services.recoveryNanos();
    LiveJournal next =
        new LiveJournal(
            services,
            where,
            openedFile(where, crash == null ? named : crash),
            ended -> lost(ended, ended.gone().getMessage()));
    last = next;
    boolean started = false;
    try {
      next.start(host, end);
      started = true;
    } finally {
      if (!started) {
        next.giveUp();
      }
    }
    return next;
  }

  /** Two openings at once would find each other's lock, so one that was given up is waited for. */
  private ImageJournals.Opened openedFile(JournalPlacement where, AfterCrash crash) {
    BoundedCall<?> before = hanging;
    if (before != null) {
      before.awaitOver(services.limitNanos());
    }
    BoundedCall<ImageJournals.Opened> opening =
        BoundedCall.begin(
            services,
            "opening",
            () -> services.files().open(where.path(), where.image(), crash),
            ImageJournals.Opened::close);
    hanging = opening;
    ImageJournals.Opened opened = opening.await(services.recoveryNanos());
    hanging = null;
    return opened;
  }

  private void reconcile(
      LiveJournal opened, String by, List<StoredBitmap> image, Map<String, String> whole) {
    List<LifecycleEvent> events = Reconciliation.of(opened.state(), image, whole, stamp(by));
    if (events.size() == 1) {
      // Nothing differs: that it was opened is kept with whatever is kept next.
      opened.keepWithNext(events);
      events = List.of();
    }
    for (int from = 0; from < events.size(); from += BATCH) {
      opened.keep(events.subList(from, Math.min(events.size(), from + BATCH)));
    }
    known = opened.state();
    live.set(opened);
    if (opened.hasEnded()) {
      // It ended while nobody knew of it yet.
      lost(opened, opened.gone().getMessage());
    }
  }

  @Override
  public Intent intend(String by, List<BitmapFact> facts) {
    Intent intent = announce(by, facts);
    intent.awaitKept();
    return intent;
  }

  @Override
  public Intent announce(String by, List<BitmapFact> facts) {
    LiveJournal now = live.get();
    if (now == null) {
      return Intent.NONE;
    }
    long change = now.nextChange();
    List<LifecycleEvent> events = new ArrayList<>();
    for (List<BitmapFact> part : parts(facts)) {
      events.add(new ChangeIntended(stamp(by), change, part));
    }
    return new Announced(now, by, change, facts, now.keepNow(events));
  }

  @Override
  public void note(String by, BitmapFact fact) {
    LiveJournal now = live.get();
    if (now != null) {
      now.keepUnwaited(List.of(new ChangeDone(stamp(by), 0, List.of(fact))));
    }
  }

  private static List<List<BitmapFact>> parts(List<BitmapFact> facts) {
    List<List<BitmapFact>> parts = new ArrayList<>();
    for (int from = 0; from < facts.size(); from += FACTS) {
      parts.add(facts.subList(from, Math.min(facts.size(), from + FACTS)));
    }
    return parts;
  }

  private void keepOrLose(LiveJournal journal, List<LifecycleEvent> events) {
    keptOrLost(journal, journal.keepNow(events));
  }

  private boolean keptOrLost(LiveJournal journal, Answer<JournalState> answer) {
    try {
      journal.awaitKept(answer);
      known = journal.state();
      said.clear();
      return true;
    } catch (BlockException e) {
      lost(journal, e.getMessage());
      return false;
    }
  }

  private final class Announced implements Intent {
    private final LiveJournal journal;
    private final String by;
    private final long change;
    private final List<BitmapFact> facts;
    private final Answer<JournalState> answer;
    private boolean lost;

    Announced(
        LiveJournal journal,
        String by,
        long change,
        List<BitmapFact> facts,
        Answer<JournalState> answer) {
      this.journal = journal;
      this.by = by;
      this.change = change;
      this.facts = facts;
      this.answer = answer;
    }

    @Override
    public void awaitKept() {
      lost = !keptOrLost(journal, answer);
    }

    @Override
    public void done() {
      if (lost) {
        return;
      }
      List<LifecycleEvent> events = new ArrayList<>();
      for (List<BitmapFact> part : parts(facts)) {
        events.add(new ChangeDone(stamp(by), change, part));
      }
      if (facts.stream().allMatch(f -> f instanceof BitmapsArmed)) {
        // The image tells as well whether it is armed, and a write waits for this.
        journal.keepSoon(events);
      } else if (live.get() == journal) {
        keepOrLose(journal, events);
      }
    }

    @Override
    public void failed(Throwable reason) {
      if (lost) {
        return;
      }
      String why = Texts.printable(String.valueOf(reason.getMessage()));
      List<BitmapFact> first = parts(facts).get(0);
      if (live.get() == journal) {
        keepOrLose(journal, List.of(new ChangeFailed(stamp(by), change, first, why)));
      }
    }
  }

  @Override
  public Optional<ImageRecords> records() {
    LiveJournal now = live.get();
    return now == null ? Optional.empty() : now.records(time);
  }

  @Override
  public Optional<String> story(String bitmap) {
    return Optional.ofNullable(known.bitmaps().get(bitmap))
        .map(BitmapHistory::inconsistent)
        .filter(why -> !why.isEmpty());
  }

  @Override
  public void retire() {
    LiveJournal now = live.get();
    if (now != null) {
      now.retire();
    }
  }

  @Override
  public void rest() {
    LiveJournal now = live.getAndSet(null);
    if (now == null) {
      return;
    }
    try {
      now.rest();
      known = now.state();
      resting.set(now);
    } catch (BlockException e) {
      gap(e.getMessage());
      now.giveUp();
    }
  }

  @Override
  public void release() {
    LiveJournal rested = resting.getAndSet(null);
    if (rested != null) {
      rested.end();
    }
    LiveJournal now = live.getAndSet(null);
    if (now != null) {
      now.end().ifPresent(this::gap);
    }
  }

  private void lost(LiveJournal journal, String why) {
    // Said before it is let go: whoever finds it gone, as a release does, has heard of it.
    if (live.get() == journal) {
      gap(why);
    }
    live.compareAndSet(journal, null);
    journal.giveUp();
  }

  private void gap(String why) {
    notice("the journal of its bitmaps was given up, their history has a gap from here on: " + why);
  }

  @Override
  public void notice(String text) {
    saying.lock();
    try {
      if (!text.isEmpty() && said.add(text)) {
        LOG.warn("Node '{}': {}", node, text);
        services.notices().accept(node, "node '" + node + "': " + text);
      }
    } finally {
      saying.unlock();
    }
  }

  private Stamp stamp(String by) {
    return services.origin().stamp(by, node, services.clock().currentTimeMillis());
  }
}
