package io.ashlar.engine.crash;

import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps;
import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.crash.BitmapTruth.Command;
import io.ashlar.engine.crash.BitmapTruth.Kind;
import io.ashlar.engine.crash.GuestTruth.Request;
import io.ashlar.engine.sim.Sim;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Carries a workload out and keeps everything that happened. */
final class Run {
  static final int CLUSTER = 4096;

  /** Of the small disk: a few regions. */
  private static final long SIZE = 4 << 20;

  /**
   * The wide one is so many times as large, and places on it are as much farther from each other.
   */
  private static final int SPREAD = 16;

  private static final String GUEST = "guest";
  private static final Path TARGET = Disk.SCRATCH.resolve("target.raw");
  private static final String PARTNER = "partner";
  private static final Path PARTNER_IMAGE = Disk.SCRATCH.resolve("partner.qcow2");

  private final Sim sim = Sim.INSTANCE;
  private final Machine machine;
  private final Workload workload;
  private final Timeline timeline = new Timeline();
  private final GuestTruth guest = new GuestTruth();
  private final BitmapTruth bitmaps = new BitmapTruth();
  private final Sessions sessions = new Sessions();
  private final List<String> refused = new ArrayList<>();
  private final Disk disk;
  private Crash crash;
  private Crash survey;
  private BlockDevice device;
  private boolean readOnly;
  private final int spread;
  private long size;
  private Job job;
  private Command backup;
  private int added;
  private int guests;
  private Trouble trouble = Trouble.NONE;
  private int changes;
  private boolean partnerFails;

  private Run(Machine machine, Workload workload) {
    this.machine = machine;
    this.workload = workload;
    spread = workload.wide() ? SPREAD : 1;
    size = SIZE * spread;
    disk = new Disk(timeline, machine::wallNanos);
  }

  /** What happened. */
  static Run of(Machine machine, Workload workload) {
    Run run = new Run(machine, workload);
    FixedRandom.restart(0);
    machine.start(workload.seed(), 0, run.disk);
    run.timeline.clock(Sim.INSTANCE::nanoTime);
    run.timeline.steps(Steps::now);
    boolean sound = false;
    try {
      run.prelude();
      run.crash = new Crash(run.disk, run.timeline);
      run.survey = new Crash(run.disk, run.timeline);
      run.timeline.start();
      run.disk.hook(run::during);
      run.trouble = workload.trouble();
      run.record();
      sound = !run.trouble.any();
    } finally {
      run.disk.hook(Disk.Hook.NONE);
      machine.end(sound && run.device == null && run.closed());
    }
    return run;
  }

  private boolean closed() {
    return machine.engine().control().runtime().nodes().isEmpty();
  }

  Timeline timeline() {
    return timeline;
  }

  GuestTruth guest() {
    return guest;
  }

  BitmapTruth bitmaps() {
    return bitmaps;
  }

  Sessions sessions() {
    return sessions;
  }

  /** At the beginning of the time in which crashes may come. */
  Crash crash() {
    return crash;
  }

  /** Another one, to look ahead with. */
  Crash survey() {
    return survey;
  }

  Workload workload() {
    return workload;
  }

  /**
   * How many operations of the disk could fail, where {@link Trouble#at one of them} was to: those
   * before the image is closed at the end, reads not among them.
   */
  int changes() {
    return changes;
  }

  /** What was refused, for people. */
  List<String> refused() {
    return refused;
  }

  private void prelude() {
    machine.create(Machine.IMAGE, size, CLUSTER);
    machine.await(
        machine
            .engine()
            .graph()
            .create("file", Map.of("filename", TARGET.toString(), "size", size)));
    machine.await(machine.engine().graph().add(target(TARGET)));
    if (workload.ops().contains(Op.ABORTED)) {
      machine.create(PARTNER_IMAGE, CLUSTER, CLUSTER);
      machine.await(machine.engine().graph().add(partner(false)));
      machine.await(
          machine
              .engine()
              .bitmaps()
              .add(PARTNER, "p0", new Bitmaps.Settings(CLUSTER, true, false)));
    }
    open();
    write(5, 3, IoFlags.NONE);
    write(12, 1, IoFlags.COMPRESSED);
    write(300, 2, IoFlags.NONE);
    if (workload.bitmaps()) {
      add("b0", false);
      add("b1", true);
      write(6, 1, IoFlags.NONE);
    }
    flush();
    close();
  }

  private void record() {
    timeline.phase("open");
    attempt(this::open);
    sessions.command(timeline.now());
    startGuests();
    for (Op op : workload.ops()) {
      timeline.phase(op.name());
      attempt(() -> perform(op));
      if (!isRequest(op)) {
        sessions.command(timeline.now());
      }
    }
    long patience = sim.nanoTime() + TimeUnit.HOURS.toNanos(3);
    sim.block(() -> guests == 0 || sim.nanoTime() >= patience, patience, "the guests");
    if (guests > 0) {
      throw new AssertionError("guests still wait: " + sim.describe());
    }
    trouble = Trouble.NONE;
    if (workload.closes()) {
      timeline.phase("close");
      attempt(
          () -> {
            if (job != null) {
              finishBackup();
            }
            close();
            machine.await(machine.engine().removeAll());
          });
    }
    timeline.moment("end");
    timeline.stop();
  }

  private void attempt(Runnable work) {
    try {
      work.run();
    } catch (BlockException e) {
      refused.add(e.code() + ": " + e.getMessage());
      if (workload.trouble().any()) {
        // Whoever asked has been told that something is lost; nobody knows what.
        guest.uncertain(timeline.now());
      }
    }
  }

  private void startGuests() {
    for (int i = 0; i < workload.guests().size(); i++) {
      List<Op> ops = workload.guests().get(i);
      int number = i;
      guests++;
      sim.execute(
          "guest" + i,
          () -> {
            try {
              int turn = 0;
              for (Op op : ops) {
                int at = 16 + number * 220 + turn++ % 3 * 5;
                attempt(() -> guestRequest(op, at));
              }
            } finally {
              guests--;
            }
          });
    }
  }

  /** In the middle of an operation of the disk. */
  private void during(Operation operation, Path path) {
    if (workload.pauses() > 0 && sim.random().nextInt(workload.pauses()) == 0) {
      sim.pause();
    }
    if (partnerFails && operation != Operation.READ && path.equals(PARTNER_IMAGE)) {
      partnerFails = false; // so that it can be undone
      throw new BlockException(ErrorCode.IO_ERROR, operation + " of the other image fails");
    }
    if (operation != Operation.READ && fails()) {
      throw new BlockException(ErrorCode.IO_ERROR, operation + " of " + path + " fails");
    }
  }

  private boolean fails() {
    if (trouble.at() > 0) {
      return ++changes == trouble.at();
    }
    return trouble.oneIn() > 0 && sim.random().nextInt(trouble.oneIn()) == 0;
  }

  private static boolean isRequest(Op op) {
    return switch (op) {
      case WRITE_NEW, OVERWRITE, OVERWRITE_COMPRESSED, WRITE_LAST, STREAM -> true;
      case SUB_CLUSTER, COMPRESSED, ZERO, DISCARD, FLUSH, PAUSE, WAIT -> true;
      default -> false;
    };
  }

  private void perform(Op op) {
    switch (op) {
      case WRITE_NEW -> guestRequest(op, 20 + added++ * 3);
      case OVERWRITE, ZERO, DISCARD -> guestRequest(op, 5);
      case OVERWRITE_COMPRESSED -> guestRequest(op, 12);
      case WRITE_LAST -> writeAt(size - CLUSTER, CLUSTER, IoFlags.NONE);
      case STREAM -> {
        for (long region = 0; region < 3; region++) {
          writeAt(region << 20, CLUSTER, IoFlags.NONE);
        }
      }
      case SUB_CLUSTER, COMPRESSED -> guestRequest(op, 600 + added++ * 2);
      case FLUSH -> flush();
      case ADD -> add("n" + added++, false);
      case CLEAR -> command(Kind.CLEAR, "b0", null, () -> api().clear(Machine.NODE, "b0"));
      case REMOVE -> command(Kind.REMOVE, "b0", null, () -> api().remove(Machine.NODE, "b0"));
      case DISABLE -> command(Kind.DISABLE, "b0", null, () -> api().disable(Machine.NODE, "b0"));
      case ENABLE -> command(Kind.ENABLE, "b1", null, () -> api().enable(Machine.NODE, "b1"));
      case MERGE ->
          command(
              Kind.MERGE,
              "b1",
              "b0",
              () -> api().merge(Machine.NODE, "b1", List.of(new BitmapRef(Machine.NODE, "b0"))));
      case GROW -> resize(size + (64 << 10));
      case SHRINK -> resize(size - (spread << 20));
      case READ_ONLY -> reopen(true);
      case READ_WRITE -> reopen(false);
      case ABORTED -> aborted();
      case BACKUP_START -> startBackup();
      case BACKUP_FINISH -> finishBackup();
      case CLOSE -> {
        close();
        open();
      }
      case PAUSE -> idle(90);
      case WAIT -> idle(180);
    }
  }

  private void idle(int seconds) {
    long until = sim.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    sim.block(() -> sim.nanoTime() >= until, until, "some time");
  }

  private Bitmaps api() {
    return machine.engine().bitmaps();
  }

  private void guestRequest(Op op, int cluster) {
    switch (op) {
      case SUB_CLUSTER -> writeAt(place(cluster) + 1024, Pages.SECTOR, IoFlags.NONE);
      case COMPRESSED -> write(cluster, 1, IoFlags.COMPRESSED);
      case ZERO -> zeros(cluster, false);
      case DISCARD -> zeros(cluster, true);
      case FLUSH -> flush();
      case PAUSE -> idle(90);
      case WAIT -> idle(180);
      default -> write(cluster, 1, IoFlags.NONE);
    }
  }

  private void write(int cluster, int count, int flags) {
    writeAt(place(cluster), count * CLUSTER, flags);
  }

  private long place(int cluster) {
    return cluster * (long) spread * CLUSTER;
  }

  private void writeAt(long offset, int length, int flags) {
    requireDevice();
    Request request = guest.begin(timeline.moment("write " + offset), offset, length, false, false);
    ByteBuffer content = ByteBuffer.wrap(GuestTruth.content(request, offset, length));
    device.write(offset, content, flags);
    request.ended = timeline.moment("written " + offset);
  }

  private void zeros(int cluster, boolean discard) {
    requireDevice();
    long offset = place(cluster);
    Request request =
        guest.begin(timeline.moment("zeros " + offset), offset, CLUSTER, true, discard);
    if (discard) {
      device.discard(offset, CLUSTER);
    } else {
      device.writeZeroes(offset, CLUSTER, IoFlags.MAY_UNMAP);
    }
    request.ended = timeline.moment("zeroed " + offset);
  }

  private void requireDevice() {
    if (device == null) {
      throw new BlockException(ErrorCode.READ_ONLY, "nobody may write");
    }
  }

  private void flush() {
    requireDevice();
    long issued = timeline.moment("flush");
    device.flush();
    guest.flushed(issued, timeline.moment("flushed"));
  }

  private void open() {
    machine.await(machine.engine().graph().add(Machine.image(false)));
    readOnly = false;
    attach();
    timeline.moment("opened");
  }

  private void attach() {
    device =
        machine.await(
            machine.engine().graph().attach(Machine.NODE, new DeviceSettings(GUEST, true, false)));
  }

  private void detach() {
    if (device != null) {
      machine.await(machine.engine().control().detach(GUEST));
      device = null;
    }
  }

  private void close() {
    detach();
    long issued = timeline.tick();
    machine.await(machine.engine().graph().remove(Machine.NODE));
    long closed = timeline.moment("closed");
    guest.flushed(issued, closed);
    sessions.sealed(closed);
  }

  private void add(String name, boolean disabled) {
    Command command =
        bitmaps.begin(Kind.ADD, name, null, CLUSTER, !disabled, timeline.moment("add " + name));
    answered(
        command,
        () -> api().add(Machine.NODE, name, new Bitmaps.Settings(CLUSTER, true, disabled)));
  }

  private void command(Kind kind, String bitmap, String source, Supplier<Reply<Void>> call) {
    Command command =
        bitmaps.begin(kind, bitmap, source, 0, false, timeline.moment(kind + " " + bitmap));
    answered(command, call);
  }

  private <T> void answered(Command command, Supplier<Reply<T>> call) {
    try {
      machine.await(call.get());
      command.succeeded = true;
    } finally {
      command.answered = timeline.moment("answered " + command.kind);
    }
  }

  private void resize(long next) {
    guest.resized(timeline.tick(), size, next);
    if (next < size) {
      // What is cut off counts as zeros from now on, and may be so at once.
      List<Request> cut = new ArrayList<>();
      long now = timeline.moment("resize");
      for (int sector : List.copyOf(guest.from((int) (next / Pages.SECTOR)).keySet())) {
        cut.add(guest.begin(now, sector * (long) Pages.SECTOR, Pages.SECTOR, true, false));
      }
      resizeNode(next);
      long ended = timeline.moment("resized");
      cut.forEach(request -> request.ended = ended);
    } else {
      timeline.moment("resize");
      resizeNode(next);
      timeline.moment("resized");
    }
    size = next;
  }

  private void resizeNode(long next) {
    machine.await(machine.engine().graph().resize(Machine.NODE, next, Preallocation.OFF));
  }

  private void reopen(boolean toReadOnly) {
    detach();
    timeline.moment("reopen");
    long issued = timeline.tick();
    boolean lost = toReadOnly && !readOnly; // else the image owes nothing
    try {
      machine.await(machine.engine().graph().reopen(List.of(Machine.image(toReadOnly))));
      readOnly = toReadOnly;
      long ended = timeline.moment("reopened");
      if (lost) {
        guest.flushed(issued, ended);
        sessions.sealed(ended);
      }
    } finally {
      if (!readOnly) {
        attach();
      }
    }
  }

  /** Everything of ours is prepared, and then the image of another node cannot be written. */
  private void aborted() {
    detach();
    if (readOnly) {
      // What came last gets ready last when it gains, and first when it loses.
      machine.await(machine.engine().graph().remove(PARTNER));
      machine.await(machine.engine().graph().add(partner(true)));
    }
    timeline.moment("reopen");
    partnerFails = true;
    try {
      List<NodeDefinition> both = List.of(Machine.image(!readOnly), partner(!readOnly));
      machine.await(machine.engine().graph().reopen(both));
      throw new AssertionError("an image that cannot be written was");
    } catch (BlockException e) {
      timeline.moment("aborted");
    } finally {
      partnerFails = false;
      if (!readOnly) {
        attach();
      }
    }
  }

  private static NodeDefinition partner(boolean readOnly) {
    return Machine.image(PARTNER, PARTNER_IMAGE, readOnly);
  }

  private static NodeDefinition target(Path file) {
    return NodeDefinition.of("raw", "target")
        .with("file", NodeDefinition.of(Map.of("driver", "file", "filename", file.toString())));
  }

  /** Refused while another one goes on, which stays the one to be finished. */
  private void startBackup() {
    Command command =
        bitmaps.begin(Kind.BACKUP, "b0", null, 0, false, timeline.moment("backup of b0"));
    boolean begun = false;
    try {
      job =
          machine.await(
              machine
                  .engine()
                  .jobs()
                  .backup(BackupRequest.incremental(Machine.NODE, "target", "b0")));
      backup = command;
      begun = true;
    } finally {
      command.answered = timeline.moment("backup began");
      command.concluded = begun ? Change.NEVER : command.answered;
    }
  }

  private void finishBackup() {
    Job running = job;
    if (running == null) {
      return;
    }
    job = null;
    try {
      machine.await(running.result());
      backup.succeeded = true;
    } finally {
      backup.concluded = timeline.moment("backup ended");
      machine.engine().jobs().dismiss(running.id());
    }
  }
}
