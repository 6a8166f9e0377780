package io.ashlar.engine.model;

import static io.ashlar.engine.model.Graphs.FILTER;
import static io.ashlar.engine.model.Graphs.FORMAT;
import static io.ashlar.engine.model.Graphs.PROTOCOL;
import static io.ashlar.engine.model.Graphs.chain;
import static io.ashlar.engine.model.Graphs.node;
import static io.ashlar.engine.model.Graphs.options;
import static io.ashlar.engine.model.Graphs.readOnly;
import static io.ashlar.engine.model.Graphs.reader;
import static io.ashlar.engine.model.Graphs.writer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private final Planner planner = new Planner(8);

  @Test
  void whatLiesBetweenTwoChangesIsAskedToo() {
    GraphModel before =
        GraphModel.EMPTY
            .plus(readOnly(node("file", PROTOCOL, Map.of()), true))
            .plus(node("throttle", FILTER, Map.of("file", "file")))
            .plus(readOnly(node("top", FORMAT, Map.of("file", "throttle")), true))
            .plus(readOnly(node("other", FILTER, Map.of("file", "file")), true));
    GraphModel after =
        before.with(readOnly(before.node("file"), false)).with(readOnly(before.node("top"), false));
    assertThat(new Planner(10).plan(before, after).up()).containsExactly("file", "throttle", "top");
  }

  @Test
  void whatIsInactiveIsNotAsked() {
    GraphModel before =
        GraphModel.EMPTY
            .plus(node("file", PROTOCOL, Map.of()).asActive(false))
            .plus(node("top", FORMAT, Map.of("file", "file")).asActive(false));
    GraphModel readOnly = before.with(readOnly(before.node("top"), true).asActive(false));
    assertThatThrownBy(() -> planner.plan(before, readOnly))
        .isInstanceOfSatisfying(
            BlockException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NODE_INACTIVE))
        .hasMessageContaining("'top'");
    // Permissions become locks of an open file alone.
    Plan plan = planner.plan(before, before.with(reader("guest", "file")));
    assertThat(plan.up()).isEmpty();
    assertThat(plan.down()).isEmpty();
  }

  @Test
  void newNodesAreOpenedChildrenFirst() {
    Plan plan = planner.plan(GraphModel.EMPTY, chain());
    assertThat(plan.up()).containsExactlyInAnyOrder("file", "base-file", "base", "top");
    assertThat(plan.up().indexOf("file")).isLessThan(plan.up().indexOf("top"));
    assertThat(plan.up().indexOf("base-file")).isLessThan(plan.up().indexOf("base"));
    assertThat(plan.up().indexOf("base")).isLessThan(plan.up().indexOf("top"));
    assertThat(plan.down()).isEmpty();
    assertThat(plan.quiesced()).isEmpty();
  }

  @Test
  void aFormatHoldsItsFileAsQemuDoes() {
    Plan plan = planner.plan(GraphModel.EMPTY, chain());
    Permissions file = plan.permissions().get("file");
    assertThat(Permissions.set(file.used()))
        .containsExactly(Permission.CONSISTENT_READ, Permission.WRITE, Permission.RESIZE);
    assertThat(Permissions.set(file.shared()))
        .containsExactly(Permission.CONSISTENT_READ, Permission.WRITE_UNCHANGED);
    Permissions base = plan.permissions().get("base-file");
    assertThat(Permissions.set(base.used())).containsExactly(Permission.CONSISTENT_READ);
    assertThat(Permissions.set(base.shared()))
        .containsExactly(Permission.CONSISTENT_READ, Permission.WRITE_UNCHANGED);
  }

  @Test
  void losingWritingIsAskedParentsFirstAndStagedChildrenFirst() {
    GraphModel before = chain().with(reader("guest", "top"));
    GraphModel after =
        before.with(readOnly(before.node("top"), true)).with(readOnly(before.node("file"), true));
    Plan plan = planner.plan(before, after);
    assertThat(plan.down()).containsExactly("top", "file");
    assertThat(plan.up()).containsExactly("file", "top");
    assertThat(plan.quiesced()).containsExactly("guest");
    assertThat(plan.losesWriting("top")).isTrue();
    assertThat(planner.plan(after, before).gainsWriting("top")).isTrue();
    assertThat(planner.plan(after, before).down()).isEmpty();
  }

  @Test
  void aWriterForbidsReadOnly() {
    GraphModel before = chain().with(writer("guest", "top"));
    GraphModel after = before.with(readOnly(before.node("top"), true));
    assertRefused(() -> planner.plan(before, after), ErrorCode.READ_ONLY, "guest", "top");
  }

  @Test
  void aReadOnlyFileForbidsAWritableFormat() {
    GraphModel after = chain().with(readOnly(chain().node("file"), true));
    assertRefused(
        () -> planner.plan(GraphModel.EMPTY, after), ErrorCode.READ_ONLY, "'file' of node 'top'");
  }

  @Test
  void twoWritersOnOneNodeExcludeEachOther() {
    GraphModel before = chain().with(writer("first", "top"));
    assertRefused(
        () -> planner.plan(before, before.with(writer("second", "top"))),
        ErrorCode.PERMISSION_CONFLICT,
        "first",
        "second");
  }

  @Test
  void aBackingFileCannotBeWritten() {
    GraphModel writable = chain().with(readOnly(chain().node("base"), false));
    GraphModel after =
        writable.with(readOnly(writable.node("base-file"), false)).with(writer("w", "base"));
    assertRefused(
        () -> planner.plan(GraphModel.EMPTY, after.with(reader("r", "top"))),
        ErrorCode.PERMISSION_CONFLICT,
        "'backing' of node 'top'",
        "device 'w'");
    // As in QEMU, an overlay that nobody uses does not mind.
    planner.plan(GraphModel.EMPTY, after);
  }

  @Test
  void aJobMayWriteBelowTheNodesOfItsChainAndNobodyTakesThemApart() {
    GraphModel writable = chain().with(readOnly(chain().node("base"), false));
    Permissions writes =
        new Permissions(
            Permissions.mask(Permission.CONSISTENT_READ, Permission.WRITE),
            Permission.CONSISTENT_READ.bit());
    GraphModel held =
        writable
            .with(readOnly(writable.node("base-file"), false))
            .with(reader("r", "top"))
            .with(new DeviceSpec("#job", "base", writes, true, List.of("top", "base")));
    planner.plan(GraphModel.EMPTY, held);
    GraphModel sibling = held.plus(node("other", FORMAT, Map.of("backing", "base")));
    assertRefused(
        () -> planner.plan(held, sibling), ErrorCode.NODE_IN_USE, "'base'", "'other'", "#job");
    NodeSpec top = held.node("top");
    GraphModel between =
        held.plus(node("filter", FILTER, Map.of("file", "base")))
            .with(top.withChild("backing", "filter"));
    assertRefused(
        () -> planner.plan(held, between), ErrorCode.NODE_IN_USE, "'base'", "'filter'", "#job");
    GraphModel apart = held.with(top.withChild("backing", "base-file"));
    assertRefused(
        () -> planner.plan(held, apart), ErrorCode.NODE_IN_USE, "'base'", "taken away", "'top'");
    assertRefused(
        () ->
            planner.plan(
                held, held.with(new DeviceSpec("#two", "top", writes, true, List.of("top")))),
        ErrorCode.NODE_IN_USE,
        "'top'",
        "#two");
  }

  @Test
  void twoFormatsCannotShareAFile() {
    GraphModel after = chain().plus(node("other", FORMAT, Map.of("file", "file")));
    assertRefused(
        () -> planner.plan(GraphModel.EMPTY, after),
        ErrorCode.PERMISSION_CONFLICT,
        "'file' of node 'top'",
        "'file' of node 'other'");
  }

  @Test
  void aCycleIsRefusedWithBothEnds() {
    GraphModel after =
        GraphModel.EMPTY
            .plus(node("a", FILTER, Map.of("file", "b")))
            .plus(node("b", FILTER, Map.of("file", "a")));
    assertRefused(() -> planner.plan(GraphModel.EMPTY, after), ErrorCode.GRAPH_CYCLE, "'b'", "'a'");
  }

  @Test
  void aChainMayBeAsLongAsTheLimitAndNoLonger() {
    GraphModel graph = GraphModel.EMPTY.plus(node("n0", PROTOCOL, Map.of()));
    for (int i = 1; i < 8; i++) {
      graph = graph.plus(node("n" + i, FILTER, Map.of("file", "n" + (i - 1))));
    }
    GraphModel longest = graph;
    assertThat(planner.plan(GraphModel.EMPTY, longest).up()).hasSize(8);
    GraphModel tooLong = graph.plus(node("n8", FILTER, Map.of("file", "n7")));
    assertRefused(
        () -> planner.plan(GraphModel.EMPTY, tooLong), ErrorCode.LIMIT_EXCEEDED, "n8", "n0");
  }

  @Test
  void onlyOptionsThatMayChangeChange() {
    GraphModel before = chain();
    GraphModel fine = before.with(options(before.node("top"), Map.of("cache", 5L)));
    assertThat(planner.plan(before, fine).up()).containsExactly("top");
    GraphModel bad = before.with(options(before.node("top"), Map.of("fixed", 5L)));
    assertRefused(
        () -> planner.plan(before, bad), ErrorCode.INVALID_OPTION, "fixed", "top", "not set");
  }

  @Test
  void aDeviceOnAFilterChangesTheLocksOfTheFileBelow() {
    GraphModel before =
        GraphModel.EMPTY
            .plus(node("file", PROTOCOL, Map.of()))
            .plus(node("filter", FILTER, Map.of("file", "file")));
    Plan plan = planner.plan(before, before.with(writer("w", "filter")));
    assertThat(plan.up()).containsExactly("file");
    assertThat(plan.permissions().get("file").uses(Permission.WRITE)).isTrue();
  }

  @Test
  void aNodeInUseByADeviceIsNotRemoved() {
    GraphModel before = chain().with(reader("guest", "top"));
    GraphModel after = before.minus("top").minusDevice("guest").with(reader("guest", "top"));
    assertThatThrownBy(() -> planner.plan(before, after)).isInstanceOf(BlockException.class);
  }

  @Test
  void closingGoesParentsFirst() {
    Plan plan = planner.plan(chain(), GraphModel.EMPTY);
    assertThat(plan.removed().indexOf("top")).isLessThan(plan.removed().indexOf("file"));
    assertThat(plan.removed().indexOf("top")).isLessThan(plan.removed().indexOf("base"));
    assertThat(plan.removed().indexOf("base")).isLessThan(plan.removed().indexOf("base-file"));
    assertThat(plan.down()).isEqualTo(plan.removed());
  }

  private static void assertRefused(Runnable call, ErrorCode code, String... words) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(words);
            });
  }
}
