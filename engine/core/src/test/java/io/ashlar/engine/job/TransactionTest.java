package io.ashlar.engine.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.BitmapRef;
import io.ashlar.engine.api.Bitmaps.Settings;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.TransactionRequest;
import io.ashlar.engine.command.CommandSet;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Actions over several nodes: all of them or none, each seeing what those before it made. */
class TransactionTest {
  @TempDir Path dir;
  private Backups disks;

  @BeforeEach
  void start() {
    disks = new Backups(dir);
    disks.disk("a");
    disks.disk("b");
  }

  @AfterEach
  void stop() {
    disks.close();
  }

  private List<Job> run(TransactionRequest.Builder request) {
    return disks.engine.transaction(request.build()).await();
  }

  private void add(String node, String name) {
    disks.engine.bitmaps().add(node, name, Settings.PERSISTENT).await();
  }

  private List<BitmapInfo> bitmaps(String node) {
    return disks.engine.bitmaps().list(node).await();
  }

  private BlockException refused(ErrorCode code, TransactionRequest.Builder request) {
    return Backups.refused(code, () -> run(request));
  }

  @Test
  void everyActionSeesWhatThoseBeforeItMade() {
    add("a", "b0");
    disks.write("a", 3, 1);
    run(
        TransactionRequest.of()
            .addBitmap("a", "copy", Settings.PERSISTENT)
            .mergeBitmaps("a", "copy", new BitmapRef("a", "b0"))
            .clearBitmap("a", "b0")
            .mergeBitmaps("a", "copy", new BitmapRef("a", "b0"))
            .disableBitmap("a", "b0")
            .addBitmap("b", "there", Settings.TRANSIENT)
            .mergeBitmaps("b", "there", new BitmapRef("a", "copy"), new BitmapRef("a", "b0")));
    disks.write("a", 5, 1);
    assertThat(disks.dirty("a", "copy")).containsExactly(3, 5);
    assertThat(disks.dirty("a", "b0")).isEmpty();
    assertThat(disks.bitmap("a", "b0").recording()).isFalse();
    assertThat(disks.dirty("b", "there")).containsExactly(3);
    assertThat(stored("a")).containsExactlyInAnyOrder("b0", "copy");
  }

  @Test
  void aRefusalLeavesEverythingAndNamesItsAction() throws Exception {
    add("a", "b0");
    add("b", "b1");
    disks.write("a", 3, 1);
    disks.write("b", 4, 1);
    List<BitmapInfo> onA = bitmaps("a");
    List<BitmapInfo> onB = bitmaps("b");
    byte[] fileA = Files.readAllBytes(disks.file("a"));
    byte[] fileB = Files.readAllBytes(disks.file("b"));
    TransactionRequest.Builder all =
        TransactionRequest.of()
            .addBitmap("a", "new", Settings.PERSISTENT)
            .clearBitmap("a", "b0")
            .disableBitmap("a", "b0")
            .mergeBitmaps("b", "b1", new BitmapRef("a", "b0"))
            .removeBitmap("b", "b1");
    BlockException error = refused(ErrorCode.BITMAP_NOT_FOUND, all.removeBitmap("b", "b1"));
    assertThat(error).hasMessageContaining("action 5 (block-dirty-bitmap-remove)");
    assertThat(bitmaps("a")).isEqualTo(onA);
    assertThat(bitmaps("b")).isEqualTo(onB);
    assertThat(Files.readAllBytes(disks.file("a"))).isEqualTo(fileA);
    assertThat(Files.readAllBytes(disks.file("b"))).isEqualTo(fileB);
    disks.write("a", 6, 1);
    disks.write("b", 7, 1);
    assertThat(disks.dirty("a", "b0")).containsExactly(3, 6);
    assertThat(disks.dirty("b", "b1")).containsExactly(4, 7);
  }

  @Test
  void anUnknownNodeIsNamedWithItsAction() {
    BlockException error =
        refused(
            ErrorCode.NODE_NOT_FOUND,
            TransactionRequest.of().addBitmap("a", "x", Settings.TRANSIENT).clearBitmap("c", "x"));
    assertThat(error).hasMessageContaining("action 1 (block-dirty-bitmap-clear)");
    assertThat(bitmaps("a")).isEmpty();
  }

  @Test
  void aBitmapMovesToTheOverlayThatIsPutAboveItsNode() {
    add("a", "b0");
    disks.write("a", 3, 1);
    disks.create("top", Backups.SIZE, Map.of());
    disks.engine.graph().add(disks.definition("top").with("backing", (Object) null)).await();
    run(
        TransactionRequest.of()
            .snapshot("a", "top")
            .addBitmap("top", "b0", Settings.PERSISTENT)
            .mergeBitmaps("top", "b0", new BitmapRef("a", "b0"))
            .removeBitmap("a", "b0"));
    disks.write("top", 9, 1);
    assertThat(disks.dirty("top", "b0")).containsExactly(3, 9);
    assertThat(bitmaps("a")).isEmpty();
    assertThat(stored("a")).isEmpty();
    disks.engine.close();
    String below = Backups.tool("qemu-img", "check", disks.file("a").toString());
    assertThat(below).contains("No errors");
    String above = Backups.tool("qemu-img", "info", "--output=json", disks.file("top").toString());
    assertThat(above).contains("\"name\": \"b0\"").doesNotContain("in-use");
  }

  @Test
  void aMoveThatFailsAfterTheNodeWasSealedPutsTheBitmapBack() {
    add("a", "b0");
    add("a", "b1");
    disks.write("a", 3, 1);
    disks.create("short", Backups.SIZE / 2, Map.of());
    disks.engine.graph().add(disks.definition("short").with("backing", (Object) null)).await();
    BlockException error =
        refused(
            ErrorCode.INVALID_REQUEST,
            TransactionRequest.of().removeBitmap("a", "b0").snapshot("a", "short"));
    assertThat(error).hasMessageContaining("action 1 (blockdev-snapshot)");
    assertThat(stored("a")).containsExactlyInAnyOrder("b0", "b1");
    assertThat(disks.engine.inspect(disks.file("a"), "qcow2").bitmaps())
        .as("its bits are in memory alone")
        .anyMatch(entry -> entry.name().equals("b0") && entry.inUse());
    disks.write("a", 5, 1);
    assertThat(disks.dirty("a", "b0")).containsExactly(3, 5);
    assertThat(disks.dirty("a", "b1")).containsExactly(3, 5);
    disks.engine.close();
    String info = Backups.tool("qemu-img", "info", "--output=json", disks.file("a").toString());
    assertThat(info).contains("\"b0\"", "\"b1\"").doesNotContain("in-use");
  }

  @Test
  void aNodeThatBecomesReadOnlyKeepsWhatItHas() {
    add("a", "b0");
    disks.write("a", 3, 1);
    disks.create("top", Backups.SIZE, Map.of());
    disks.engine.graph().add(disks.definition("top").with("backing", (Object) null)).await();
    refused(
        ErrorCode.BITMAP_READ_ONLY,
        TransactionRequest.of().snapshot("a", "top").clearBitmap("a", "b0"));
    disks.write("a", 4, 1);
    assertThat(disks.dirty("a", "b0")).containsExactly(3, 4);
  }

  @Test
  void aBitmapIsReplacedByOneOfItsName() {
    add("a", "b0");
    disks.write("a", 3, 1);
    run(
        TransactionRequest.of()
            .removeBitmap("a", "b0")
            .addBitmap("a", "b0", new Settings(4096, true, false)));
    disks.write("a", 5, 1);
    assertThat(disks.bitmap("a", "b0").granularity()).isEqualTo(4096);
    assertThat(disks.dirty("a", "b0")).containsExactly(5);
    disks.engine.close();
    String info = Backups.tool("qemu-img", "info", "--output=json", disks.file("a").toString());
    assertThat(info).contains("\"granularity\": 4096").doesNotContain("in-use");
  }

  @Test
  void anImageThatCannotBeToldGivesTheOthersTheirEntriesBack() {
    disks.create("bad", Backups.SIZE, Map.of());
    disks
        .engine
        .graph()
        .add(
            NodeDefinition.of("blkdebug", "faults")
                .with(
                    "image",
                    NodeDefinition.of(
                        Map.of("driver", "file", "filename", disks.file("bad").toString()))))
        .await();
    disks.engine.graph().add(NodeDefinition.of("qcow2", "bad").with("file", "faults")).await();
    add("a", "b0");
    add("bad", "b1");
    disks.write("a", 3, 1);
    disks.write("bad", 4, 1);
    faults(List.of(Map.of("iotype", "write", "errno", "EIO")));
    refused(
        ErrorCode.IO_ERROR,
        TransactionRequest.of().removeBitmap("a", "b0").removeBitmap("bad", "b1"));
    faults(List.of());
    assertThat(stored("a")).containsExactly("b0");
    disks.write("a", 5, 1);
    disks.write("bad", 6, 1);
    assertThat(disks.dirty("a", "b0")).containsExactly(3, 5);
    assertThat(disks.dirty("bad", "b1")).containsExactly(4, 6);
    disks.engine.close();
    for (String name : List.of("a", "bad")) {
      String info = Backups.tool("qemu-img", "info", "--output=json", disks.file(name).toString());
      assertThat(info).contains("\"name\": \"b").doesNotContain("in-use");
    }
  }

  private void faults(List<Map<String, Object>> rules) {
    disks
        .engine
        .graph()
        .reopen(List.of(NodeDefinition.of("blkdebug", "faults").with("inject-error", rules)))
        .await();
  }

  /** Names in the image's directory, as another program would see them. */
  private Set<String> stored(String node) {
    return disks.engine.inspect(disks.file(node), "qcow2").bitmaps().stream()
        .map(entry -> entry.name())
        .collect(java.util.stream.Collectors.toSet());
  }

  private static BackupRequest incremental(String source, String target) {
    return new BackupRequest(
        "job-" + source,
        source,
        target,
        Sync.INCREMENTAL,
        "bm",
        BitmapMode.ON_SUCCESS,
        0,
        false,
        false);
  }

  private void dirtyBoth() {
    add("a", "bm");
    add("b", "bm");
    disks.write("a", 3, 1);
    disks.write("b", 4, 1);
  }

  @Test
  void backupsOfSeveralNodesBeginAtOneMoment() {
    dirtyBoth();
    disks.disk("ta");
    disks.disk("tb");
    List<Job> jobs =
        run(
            TransactionRequest.of()
                .addBitmap("a", "next", Settings.TRANSIENT)
                .backup(incremental("a", "ta"))
                .backup(incremental("b", "tb")));
    for (Job job : jobs) {
      assertThat(job.result().await()).isEqualTo(Backups.CLUSTER);
    }
    assertThat(disks.dirty("a", "bm")).isEmpty();
    assertThat(disks.dirty("b", "bm")).isEmpty();
    assertThat(disks.allocated("ta")).containsExactly(3);
    disks.assertTidy("a");
    disks.assertTidy("b");
  }

  @Test
  void aRefusedTransactionStartsNoJobAndHoldsNoBitmap() {
    dirtyBoth();
    disks.disk("ta");
    refused(ErrorCode.CANCELLED, TransactionRequest.of().backup(incremental("a", "ta")).abort());
    assertThat(disks.engine.jobs().list()).isEmpty();
    disks.assertTidy("a");
    disks.write("a", 5, 1);
    assertThat(disks.dirty("a", "bm")).containsExactly(3, 5);
    assertThat(disks.start(incremental("a", "ta")).result().await()).isPositive();
  }

  @Test
  void groupedJobsSucceedTogether() {
    dirtyBoth();
    disks.disk("ta");
    disks.disk("tb");
    List<Job> jobs =
        run(
            TransactionRequest.of()
                .backup(incremental("a", "ta"))
                .backup(incremental("b", "tb"))
                .grouped());
    jobs.forEach(job -> assertThat(job.result().await()).isPositive());
    assertThat(disks.dirty("a", "bm")).isEmpty();
    assertThat(disks.dirty("b", "bm")).isEmpty();
  }

  @Test
  void aGroupedJobThatFailsTakesTheOthersWithIt() {
    dirtyBoth();
    disks.disk("ta");
    disks.faulty("tb", Map.of("iotype", "write", "errno", "EIO"));
    List<Job> jobs =
        run(
            TransactionRequest.of()
                .backup(incremental("a", "ta"))
                .backup(incremental("b", "tb-fault"))
                .grouped());
    Backups.refused(ErrorCode.CANCELLED, () -> jobs.get(0).result().await());
    Backups.refused(ErrorCode.IO_ERROR, () -> jobs.get(1).result().await());
    disks.write("a", 7, 1);
    assertThat(disks.dirty("a", "bm")).as("nothing counts as backed up").containsExactly(3, 7);
    assertThat(disks.dirty("b", "bm")).containsExactly(4);
    disks.assertTidy("a");
    disks.assertTidy("b");
  }

  @Test
  void aGroupedJobThatIsCancelledTakesTheOthersWithIt() {
    dirtyBoth();
    disks.write("b", 5, 1);
    disks.write("b", 6, 1);
    disks.disk("ta");
    disks.disk("tb");
    List<Job> jobs =
        run(
            TransactionRequest.of()
                .backup(incremental("a", "ta"))
                .backup(
                    new BackupRequest(
                        "slow", "b", "tb", Sync.FULL, "bm", BitmapMode.ON_SUCCESS, 1, false, false))
                .grouped());
    jobs.get(1).cancel().await();
    BlockException error = Backups.refused(ErrorCode.CANCELLED, () -> jobs.get(0).result().await());
    assertThat(error).hasMessageContaining("job 'slow' of the same transaction");
    assertThat(disks.dirty("a", "bm")).containsExactly(3);
    assertThat(disks.dirty("b", "bm")).containsExactly(4, 5, 6);
  }

  @Test
  void withoutAGroupOneJobsFailureIsItsOwn() {
    dirtyBoth();
    disks.disk("ta");
    disks.faulty("tb", Map.of("iotype", "write", "errno", "EIO"));
    List<Job> jobs =
        run(
            TransactionRequest.of()
                .backup(incremental("a", "ta"))
                .backup(incremental("b", "tb-fault")));
    assertThat(jobs.get(0).result().await()).isPositive();
    Backups.refused(ErrorCode.IO_ERROR, () -> jobs.get(1).result().await());
    assertThat(disks.dirty("a", "bm")).isEmpty();
    assertThat(disks.dirty("b", "bm")).containsExactly(4);
  }

  @Test
  void theCommandTakesQmpsArguments() {
    CommandSet commands = new CommandSet(disks.engine);
    Map<String, Object> arguments =
        ConfigFactory.parseString(
                String.join(
                    "\n",
                    Arrays.asList(
                        "actions = [",
                        "{ type = block-dirty-bitmap-add",
                        "  data { node = a, name = x, persistent = true } }",
                        "{ type = block-dirty-bitmap-add, data { node = b, name = y } }",
                        "{ type = block-dirty-bitmap-merge",
                        "  data { node = b, target = y, bitmaps = [ { node = a, name = x } ] } }",
                        "{ type = block-dirty-bitmap-disable, data { node = b, name = y } }",
                        "] , properties { completion-mode = grouped }")))
            .root()
            .unwrapped();
    assertThat(commands.execute("transaction", arguments)).isEqualTo(Map.of());
    assertThat(disks.bitmap("b", "y").recording()).isFalse();
    Backups.refused(
        ErrorCode.CANCELLED,
        () -> commands.execute("transaction", Map.of("actions", List.of(Map.of("type", "abort")))));
  }
}
