package io.ashlar.engine.reopen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.api.BlockDevice;
import io.ashlar.engine.api.DeviceSettings;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.ReopenException;
import io.ashlar.engine.api.ReopenResult;
import io.ashlar.engine.api.ReopenResult.Outcome;
import io.ashlar.engine.api.Reply;
import io.ashlar.engine.graph.Around.Kind;
import io.ashlar.engine.graph.ChangeRules;
import io.ashlar.engine.reopen.ActorDeaths.Death;
import io.ashlar.engine.reopen.ActorDeaths.Spot;
import io.ashlar.engine.reopen.DriverFaults.Call;
import io.ashlar.engine.reopen.DriverFaults.Fault;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Row S8: eight nodes, two of them qcow2 with bitmaps, throttle and filter among them. A refusal, a
 * death or a time-out of any participant at any message up to the decision leaves all eight as
 * before; after it the decision stands and is finished for the dead.
 */
class S8_EightNodesTest {
  @TempDir Path dir;

  private EightNodes nodes(ChangeRules rules) {
    return new EightNodes(dir, rules);
  }

  /** The calls of an undisturbed change up to its decision; the nodes are as before afterwards. */
  private static List<Call> callsBeforeTheDecision(EightNodes nodes) {
    nodes.faults.clear();
    assertThat(nodes.reopen(false).await().committed()).isTrue();
    List<Call> calls = new ArrayList<>();
    for (Call call : nodes.faults.calls()) {
      if (call.name().equals("commit")) {
        break;
      }
      calls.add(call);
    }
    nodes.works(true);
    nodes.reopen(true).await();
    nodes.works(false);
    return calls;
  }

  private static Outcome outcome(ReopenResult result, String node) {
    return result.nodes().stream()
        .filter(one -> one.nodeName().equals(node))
        .findFirst()
        .orElseThrow()
        .outcome();
  }

  private static ReopenException failure(Reply<ReopenResult> reply) {
    try {
      reply.await();
    } catch (ReopenException e) {
      return e;
    }
    throw new AssertionError("the change was not given up");
  }

  @Test
  void anUndisturbedChangeTellsThatAllTookPart() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      ReopenResult result = nodes.reopen(false).await();
      assertThat(result.nodes()).hasSize(8).allMatch(n -> n.outcome() == Outcome.COMMITTED);
      nodes.works(true);
    }
  }

  @Test
  void aRefusalOrADefectAtAnyCallLeavesAllAsBefore() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      refuseEverywhere(nodes);
    }
  }

  private static void refuseEverywhere(EightNodes nodes) {
    List<Call> calls = callsBeforeTheDecision(nodes);
    Map<String, Object> before = nodes.state();
    Set<String> asked = new java.util.HashSet<>();
    for (Call call : calls) {
      for (Fault fault : List.of(Fault.REFUSES, Fault.THROWS)) {
        if (call.name().equals("drainEnd")) {
          continue;
        }
        asked.add(call.node());
        nodes.faults.choose(call, fault);
        ReopenException e = failure(nodes.reopen(false));
        nodes.faults.clear();
        assertThat(e.getMessage()).as("%s", call).contains(call.node());
        assertThat(e.code())
            .as("%s", call)
            .isIn(ErrorCode.IO_ERROR, ErrorCode.DRIVER_FAILED, ErrorCode.INTERNAL);
        assertThat(e.result().committed()).isFalse();
        if (!call.name().equals("drainBegin")) {
          assertThat(outcome(e.result(), call.node())).as("%s", call).isEqualTo(Outcome.REFUSED);
        }
        assertThat(nodes.state()).as("%s %s", call, fault).isEqualTo(before);
        nodes.works(false);
      }
    }
    assertThat(asked).containsExactlyInAnyOrderElementsOf(EightNodes.NAMES);
    assertThat(nodes.reopen(false).await().committed()).as("the retry").isTrue();
    nodes.works(true);
  }

  @Test
  void anArmingThatFailsIsARefusalInPrepare() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      refuseArming(nodes);
    }
  }

  private static void refuseArming(EightNodes nodes) {
    Map<String, Object> before = nodes.state();
    nodes.faults.choose(new Call("disk-b", "stage", 1), Fault.REFUSES);
    ReopenException e = failure(nodes.reopen(false));
    nodes.faults.clear();
    assertThat(e.code()).isEqualTo(ErrorCode.IO_ERROR);
    assertThat(outcome(e.result(), "disk-b")).isEqualTo(Outcome.REFUSED);
    assertThat(nodes.state()).isEqualTo(before);
    nodes.works(false);
  }

  @Test
  void aDriverThatFailsAtTheEndOfTheDrainIsReportedAndEverythingGoesOn() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      nodes.faults.choose(new Call("raw-c", "drainEnd", 1), Fault.THROWS);
      assertThatThrownBy(() -> nodes.reopen(false).await())
          .isInstanceOfSatisfying(
              BlockException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.DRIVER_FAILED);
                assertThat(e.getMessage()).contains("took effect", "raw-c", "drainEnd");
              });
      nodes.faults.clear();
      nodes.write("filter-c", 0);
      nodes.write("disk-b", 0);
    }
  }

  @Test
  void aDeathAtAnyMessageLeavesAllAsBeforeOrTheDecisionStands() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      dieEverywhere(nodes);
    }
  }

  private static void dieEverywhere(EightNodes nodes) {
    callsBeforeTheDecision(nodes);
    nodes.deaths.clear();
    nodes.reopen(false).await();
    List<Spot> spots = nodes.deaths.spots();
    nodes.reopen(true).await();
    Map<String, Object> before = nodes.state();
    int decision = (int) spots.stream().takeWhile(s -> !s.message().equals("CommitReopen")).count();
    int finished = 0;
    int undone = 0;
    for (Spot spot : spots) {
      for (Death death : Death.values()) {
        nodes.deaths.choose(spot, death);
        boolean committed = committed(nodes, spot + " " + death);
        nodes.deaths.awaitReplaced();
        nodes.deaths.clear();
        boolean early = spots.indexOf(spot) < decision && death != Death.STOPS_AFTER;
        // Nobody waits for these: the end of a piece of work, and the beat of a crash guard.
        boolean own = !spot.message().equals("Finished") && !spot.message().equals("Message");
        if (early && own) {
          assertThat(committed).as("%s %s", spot, death).isFalse();
        } else if (spots.indexOf(spot) >= decision) {
          assertThat(committed).as("%s %s", spot, death).isTrue();
        }
        if (committed) {
          finished++;
          nodes.works(true);
          nodes.reopen(true).await();
        } else {
          undone++;
        }
        assertThat(nodes.state()).as("%s %s", spot, death).isEqualTo(before);
        nodes.works(false);
      }
    }
    assertThat(undone).as("deaths before the decision").isGreaterThan(16);
    assertThat(finished).as("deaths after the decision").isGreaterThan(16);
    assertThat(spots).extracting(Spot::kind).contains(Kind.NODE, Kind.BITMAPS, Kind.TRANSACTION);
  }

  private static boolean committed(EightNodes nodes, String what) {
    try {
      ReopenResult result = nodes.reopen(false).await();
      assertThat(result.committed()).isTrue();
      return true;
    } catch (ReopenException e) {
      assertThat(e.code())
          .as("%s: %s", what, e)
          .isIn(ErrorCode.NODE_FAILED, ErrorCode.INTERNAL, ErrorCode.CLOSED);
      assertThat(e.result().nodes()).noneMatch(n -> n.outcome() == Outcome.COMMITTED);
      return false;
    }
  }

  @Test
  void aCallThatHangsIsGivenUpAndUndoneWhenItReturns() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      hangEverywhere(nodes);
    }
  }

  private static void hangEverywhere(EightNodes nodes) {
    List<Call> calls = callsBeforeTheDecision(nodes);
    Map<String, Object> before = nodes.state();
    int hung = 0;
    for (Call call : calls) {
      if (!call.name().startsWith("drain")) {
        hang(nodes, call, before);
        hung++;
      }
    }
    assertThat(hung).isGreaterThanOrEqualTo(12);
    assertThat(nodes.reopen(false).await().committed()).as("the retry").isTrue();
    nodes.works(true);
  }

  private static void hang(EightNodes nodes, Call call, Map<String, Object> before) {
    try (Guests guests = new Guests(nodes)) {
      nodes.faults.choose(call, Fault.HANGS);
      Reply<ReopenResult> reply = nodes.reopen(false);
      nodes.faults.awaitHanging();
      ReopenException e = (ReopenException) ended(nodes, reply);
      assertThat(e.code()).as("%s", call).isEqualTo(ErrorCode.TIMED_OUT);
      assertThat(e.getMessage()).contains("'" + call.node() + "'");
      assertThat(outcome(e.result(), call.node())).isEqualTo(Outcome.TIMED_OUT);
      assertThat(nodes.engine.graph().heldNodes()).as("%s", call).contains(call.node());
      guests.check(call);
      nodes.faults.release();
      guests.awaitAll(call);
      awaitNothingHeld(nodes);
    }
    nodes.faults.clear();
    assertThat(nodes.state()).as("%s", call).isEqualTo(before);
    nodes.works(false);
  }

  /** The failure of a change, once the time of the step that hangs has passed. */
  private static Throwable ended(EightNodes nodes, Reply<?> reply) {
    CompletableFuture<Throwable> error = new CompletableFuture<>();
    reply
        .toCompletionStage()
        .whenComplete(
            (value, e) ->
                error.complete(
                    e instanceof CompletionException && e.getCause() != null ? e.getCause() : e));
    nodes.timers.passTheLimit();
    return error.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static void awaitNothingHeld(EightNodes nodes) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!nodes.engine.graph().heldNodes().isEmpty()) {
      assertThat(System.nanoTime()).as("held nodes have to go on").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aCommitThatHangsStandsAndHoldsItsNodeAlone() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      callsBeforeTheDecision(nodes);
      for (String name : EightNodes.NAMES) {
        nodes.faults.choose(new Call(name, "commit", 1), Fault.HANGS);
        try (Guests guests = new Guests(nodes)) {
          Reply<ReopenResult> reply = nodes.reopen(false);
          nodes.faults.awaitHanging();
          assertThat(ended(nodes, reply)).isNull();
          ReopenResult result = reply.await();
          assertThat(result.committed()).isTrue();
          assertThat(outcome(result, name)).isEqualTo(Outcome.TIMED_OUT);
          assertThat(nodes.engine.graph().heldNodes()).containsExactly(name);
          guests.check(new Call(name, "commit", 1));
          nodes.faults.release();
          guests.awaitAll(new Call(name, "commit", 1));
          awaitNothingHeld(nodes);
        }
        nodes.faults.clear();
        nodes.works(true);
        nodes.reopen(true).await();
        nodes.works(false);
      }
    }
  }

  @Test
  void aDefectInCommitIsReportedAndTheDecisionStands() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      nodes.faults.choose(new Call("disk-a", "commit", 1), Fault.THROWS);
      assertThatThrownBy(() -> nodes.reopen(false).await())
          .isInstanceOf(BlockException.class)
          .hasMessageContaining("took effect")
          .hasMessageContaining("disk-a");
      nodes.faults.clear();
      nodes.works(true);
    }
  }

  @Test
  void anOpenThatAnswersLateIsClosed() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      openLate(nodes);
    }
  }

  private static void openLate(EightNodes nodes) {
    nodes.reopen(false).await();
    NodeDefinition late =
        NodeDefinition.of("raw", "late")
            .with(
                "file",
                NodeDefinition.of("file", "late-file")
                    .with("filename", nodes.path("late").toString()));
    nodes
        .engine
        .graph()
        .create("file", Map.of("filename", nodes.path("late").toString(), "size", EightNodes.MIB))
        .await();
    for (String name : List.of("late-file", "late")) {
      nodes.faults.choose(new Call(name, "open", 1), Fault.HANGS);
      Reply<?> reply = nodes.engine.graph().add(late);
      nodes.faults.awaitHanging();
      BlockException e = (BlockException) ended(nodes, reply);
      assertThat(e.code()).isEqualTo(ErrorCode.TIMED_OUT);
      assertThat(nodes.engine.graph().heldNodes()).contains(name);
      assertThat(nodes.faults.closed()).doesNotContain(name);
      nodes.write("disk-b", 0);
      assertThatThrownBy(() -> nodes.engine.graph().add(late).await())
          .isInstanceOf(BlockException.class)
          .hasMessageContaining(name);
      nodes.faults.release();
      awaitNothingHeld(nodes);
      assertThat(nodes.faults.closed()).contains(name, "late-file");
    }
    nodes.faults.clear();
    nodes.engine.graph().add(late).await();
    nodes.engine.graph().remove("late").await();
    nodes.works(true);
  }

  /**
   * Whether an eight-node scenario notices that a rule is broken; each takes the part it concerns.
   */
  @ParameterizedTest
  @EnumSource(BrokenRules.class)
  void aBrokenRuleIsNoticed(BrokenRules rule) {
    assertThatThrownBy(
            () -> {
              try (EightNodes nodes = nodes(rule)) {
                switch (rule) {
                  case ARM_IN_COMMIT -> refuseArming(nodes);
                  case UNDO_FORWARDS -> refuseEverywhere(nodes);
                  case UP_PARENTS_FIRST, TWO_DECISIONS -> callsBeforeTheDecision(nodes);
                  case DOWN_CHILDREN_FIRST -> NestedImages.storeThroughStored(nodes);
                  case LATE_ANSWERS_ARE_FORGOTTEN, LATE_NODES_GO_ON -> hangEverywhere(nodes);
                  case NOTHING_FOR_THE_DEAD -> dieEverywhere(nodes);
                }
              }
            })
        .as("the scenario with the broken rule")
        .isInstanceOfAny(AssertionError.class, BlockException.class);
  }

  @Test
  void anImageInsideAnImageIsStoredBeforeTheOneItIsIn() {
    try (EightNodes nodes = nodes(ChangeRules.SOUND)) {
      NestedImages.storeThroughStored(nodes);
    }
  }

  /** Readers on the three parts of the graph, each on a thread of its own. */
  private static final class Guests implements AutoCloseable {
    private final EightNodes nodes;
    private final Map<String, BlockDevice> devices = new LinkedHashMap<>();
    private final Map<String, CompletableFuture<Boolean>> waiting = new LinkedHashMap<>();
    private final AtomicBoolean released = new AtomicBoolean();

    Guests(EightNodes nodes) {
      this.nodes = nodes;
      for (String root : List.of("slow", "disk-b", "filter-c")) {
        devices.put(
            root, nodes.engine.graph().attach(root, DeviceSettings.reader("on-" + root)).await());
      }
    }

    private static String part(String node) {
      return switch (node.charAt(node.length() - 1)) {
        case 'a', 'w' -> "slow";
        case 'b' -> "disk-b";
        default -> "filter-c";
      };
    }

    /** Those above the call wait, the others go on at once. */
    void check(Call call) {
      for (Map.Entry<String, BlockDevice> guest : devices.entrySet()) {
        if (guest.getKey().equals(part(call.node()))) {
          waiting.put(guest.getKey(), blockedRead(guest.getValue(), call));
        } else {
          guest.getValue().read(0, ByteBuffer.allocate(512));
        }
      }
    }

    private CompletableFuture<Boolean> blockedRead(BlockDevice device, Call call) {
      CompletableFuture<Boolean> after = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                try {
                  device.read(0, ByteBuffer.allocate(512));
                  after.complete(released.get());
                } catch (RuntimeException e) {
                  after.completeExceptionally(e);
                }
              });
      thread.setDaemon(true);
      thread.start();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (thread.getState() != Thread.State.WAITING && !after.isDone()) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.onSpinWait();
      }
      assertThat(after).as("a request above the hanging %s waits", call).isNotDone();
      released.set(true);
      return after;
    }

    void awaitAll(Call call) {
      waiting.forEach(
          (root, after) ->
              assertThat(after.orTimeout(60, TimeUnit.SECONDS).join())
                  .as("%s under %s", call, root)
                  .isTrue());
    }

    @Override
    public void close() {
      nodes.faults.release();
      devices.values().forEach(BlockDevice::close);
    }
  }
}
