package io.ashlar.engine.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.engine.model.GraphModel;
import io.ashlar.engine.model.Graphs;
import io.ashlar.engine.model.Plan;
import io.ashlar.engine.model.Planner;
import io.ashlar.engine.option.CheckedChild;
import io.ashlar.engine.option.CheckedNode;
import io.ashlar.engine.option.StatedOptions;
import io.ashlar.spi.BlockDriver;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import io.ashlar.spi.Options;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** What {@code blockdev-reopen} makes of a graph, before anything is asked of a node. */
class ReopenEditTest {
  private static final int RUNS = Integer.getInteger("ashlar.reopen.runs", 3000);
  private static final StatedOptions READ_ONLY = stated(true, null);
  private static final StatedOptions WRITABLE = stated(false, null);

  private static StatedOptions stated(Boolean readOnly, Boolean direct) {
    return new StatedOptions(readOnly, direct, null, null, null, null, null);
  }

  private static CheckedNode node(
      String name, BlockDriver driver, StatedOptions stated, Map<String, CheckedChild> children) {
    return new CheckedNode(name, driver, stated.alone(), Options.none(), children, stated);
  }

  private static CheckedNode inline(
      String name, BlockDriver driver, NodeOptions parent, StatedOptions stated, boolean backing) {
    NodeOptions options =
        stated.under(
            parent, backing ? io.ashlar.spi.ChildKind.BACKING : io.ashlar.spi.ChildKind.STORAGE);
    return new CheckedNode(name, driver, options, Options.none(), Map.of(), stated);
  }

  private static CheckedChild nested(CheckedNode node) {
    return new CheckedChild.Inline(node);
  }

  private static CheckedChild named(String name) {
    return new CheckedChild.ByName(name);
  }

  /** A format over a nested file, without backing. */
  private static CheckedNode disk(String name, StatedOptions stated) {
    return node(
        name,
        Graphs.FORMAT,
        stated,
        Map.of(
            "file",
            nested(
                inline(
                    name + "-file", Graphs.PROTOCOL, stated.alone(), StatedOptions.NONE, false))));
  }

  private static GraphModel twoDisks() {
    return Edits.add(
        Edits.add(GraphModel.EMPTY, disk("a", StatedOptions.NONE)), disk("b", READ_ONLY));
  }

  private static void refused(Runnable edit, ErrorCode code, String... words) {
    assertThatThrownBy(edit::run)
        .isInstanceOfSatisfying(
            BlockException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(words);
            });
  }

  @Test
  void aNestedChildInheritsWhatItsParentBecomesInEitherOrder() {
    GraphModel before = twoDisks();
    CheckedNode parent = node("a", Graphs.FORMAT, READ_ONLY, Map.of());
    CheckedNode child = node("a-file", Graphs.PROTOCOL, stated(null, true), Map.of());
    GraphModel first = Edits.reopen(before, List.of(parent, child));
    GraphModel second = Edits.reopen(before, List.of(child, parent));
    assertThat(first.nodes()).isEqualTo(second.nodes());
    assertThat(first.node("a-file").nodeOptions().readOnly()).isTrue();
    assertThat(first.node("a-file").nodeOptions().cache().direct()).isTrue();
  }

  @Test
  void aChildThatOneGivesUpMayBeTakenByAnotherInEitherOrder() {
    GraphModel before = twoDisks();
    before = Edits.add(before, node("spare", Graphs.PROTOCOL, StatedOptions.NONE, Map.of()));
    GraphModel graph = before;
    CheckedNode gives = node("a", Graphs.FORMAT, WRITABLE, Map.of("file", named("spare")));
    CheckedNode takes = node("b", Graphs.FORMAT, WRITABLE, Map.of("file", named("a-file")));
    GraphModel first = Edits.reopen(graph, List.of(gives, takes));
    assertThat(first.nodes()).isEqualTo(Edits.reopen(graph, List.of(takes, gives)).nodes());
    assertThat(first.nodes()).containsKey("a-file").doesNotContainKey("b-file");
    assertThat(first.node("b").owned()).isEmpty();
  }

  @Test
  void aNodeIsSaidOnce() {
    GraphModel before = twoDisks();
    CheckedNode inline =
        node(
            "a",
            Graphs.FORMAT,
            WRITABLE,
            Map.of("file", nested(node(null, Graphs.PROTOCOL, WRITABLE, Map.of()))));
    CheckedNode alone = node("a-file", Graphs.PROTOCOL, WRITABLE, Map.of());
    for (List<CheckedNode> list : List.of(List.of(inline, alone), List.of(alone, inline))) {
      refused(() -> Edits.reopen(before, list), ErrorCode.INVALID_OPTION, "'a-file'", "twice");
    }
  }

  @Test
  void silenceAboutABackingNodeIsRefusedWithTheCure() {
    GraphModel before = twoDisks();
    GraphModel graph = before.with(before.node("a").withChild("backing", "b"));
    refused(
        () -> Edits.reopen(graph, List.of(node("a", Graphs.FORMAT, WRITABLE, Map.of()))),
        ErrorCode.INVALID_OPTION,
        "'a'",
        "backing = b",
        "backing = null");
    GraphModel kept =
        Edits.reopen(
            graph, List.of(node("a", Graphs.FORMAT, WRITABLE, Map.of("backing", named("b")))));
    assertThat(kept.node("a").children()).containsEntry("backing", "b");
    GraphModel detached =
        Edits.reopen(
            graph,
            List.of(
                node(
                    "a", Graphs.FORMAT, WRITABLE, Map.of("backing", new CheckedChild.Detached()))));
    assertThat(detached.node("a").children()).doesNotContainKey("backing");
    assertThat(detached.nodes()).containsKey("b");
  }

  @Test
  void aChildHeldByAJobIsNotReplacedAndItsOwnNameMeansIt() {
    GraphModel before = twoDisks();
    GraphModel held =
        Edits.insertFilter(
            before,
            node("#job", Graphs.FILTER, StatedOptions.NONE, Map.of("file", named("a-file"))),
            "a-file");
    GraphModel graph = held.with(held.node("#job").asHidden());
    GraphModel same =
        Edits.reopen(
            graph, List.of(node("a", Graphs.FORMAT, WRITABLE, Map.of("file", named("a-file")))));
    assertThat(same.node("a").children()).containsEntry("file", "#job");
    refused(
        () ->
            Edits.reopen(
                graph,
                List.of(node("a", Graphs.FORMAT, WRITABLE, Map.of("file", named("b-file"))))),
        ErrorCode.NODE_IN_USE,
        "'a'",
        "job");
  }

  @Test
  void whatLeadsIntoACycleIsRefusedByThePlan() {
    GraphModel before =
        Edits.add(
            Edits.add(twoDisks(), node("f", Graphs.FILTER, WRITABLE, Map.of("file", named("a")))),
            node("g", Graphs.FILTER, WRITABLE, Map.of("file", named("f"))));
    CheckedNode down = node("f", Graphs.FILTER, WRITABLE, Map.of("file", named("g")));
    refused(
        () -> new Planner(8).plan(before, Edits.reopen(before, List.of(down))),
        ErrorCode.GRAPH_CYCLE,
        "'f'",
        "'g'");
  }

  /** The broken form: each definition is applied to what the ones before it have made. */
  private static GraphModel oneByOne(GraphModel before, List<CheckedNode> list) {
    GraphModel next = before;
    for (CheckedNode node : list) {
      next = Edits.reopen(next, List.of(node));
    }
    return next;
  }

  @Test
  void applyingOneByOneWouldBeNoticed() {
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      GraphModel before = randomGraph(random);
      List<CheckedNode> list = randomReopen(before, random);
      List<CheckedNode> other = new ArrayList<>(list);
      Collections.reverse(other);
      Object expected = outcome(before, list, ReopenEditTest::oneByOne);
      if (!expected.equals(outcome(before, other, ReopenEditTest::oneByOne))) {
        return;
      }
    }
    throw new AssertionError("the property does not tell the broken form from the sound one");
  }

  /** Invariant 15: the same result, or the same kind of refusal, whatever the order of the list. */
  @Test
  void theOrderOfTheListMeansNothing() {
    int changed = 0;
    int refusals = 0;
    for (int seed = 0; seed < RUNS; seed++) {
      Random random = new Random(seed);
      GraphModel before = randomGraph(random);
      List<CheckedNode> list = randomReopen(before, random);
      Object expected = outcome(before, list);
      for (int i = 0; i < 4; i++) {
        List<CheckedNode> other = new ArrayList<>(list);
        Collections.shuffle(other, random);
        assertThat(outcome(before, other)).as("seed %d: %s", seed, other).isEqualTo(expected);
      }
      if (expected instanceof List) {
        changed++;
      } else {
        refusals++;
      }
    }
    assertThat(changed).as("plans").isGreaterThan(RUNS / 20);
    assertThat(refusals).as("refusals").isGreaterThan(RUNS / 20);
  }

  /** The graph and its plan, or the code of the refusal. */
  private static Object outcome(GraphModel before, List<CheckedNode> list) {
    return outcome(before, list, Edits::reopen);
  }

  private static Object outcome(
      GraphModel before,
      List<CheckedNode> list,
      BiFunction<GraphModel, List<CheckedNode>, GraphModel> edit) {
    try {
      GraphModel after = edit.apply(before, list);
      Plan plan = new Planner(12).plan(before, after);
      return List.of(
          after.nodes(),
          plan.permissions(),
          plan.down(),
          plan.up(),
          plan.removed(),
          plan.quiesced(),
          plan.touched());
    } catch (BlockException e) {
      return e.code();
    }
  }

  private static GraphModel randomGraph(Random random) {
    GraphModel graph = GraphModel.EMPTY;
    int disks = 2 + random.nextInt(3);
    for (int i = 0; i < disks; i++) {
      StatedOptions stated = random.nextBoolean() ? READ_ONLY : StatedOptions.NONE;
      graph = Edits.add(graph, disk("d" + i, stated));
      if (i > 0 && random.nextInt(3) == 0 && graph.node("d" + (i - 1)).nodeOptions().readOnly()) {
        graph = graph.with(graph.node("d" + i).withChild("backing", "d" + (i - 1)));
      }
    }
    graph = Edits.add(graph, node("spare", Graphs.PROTOCOL, StatedOptions.NONE, Map.of()));
    if (random.nextBoolean()) {
      graph =
          Edits.add(
              graph, node("f", Graphs.FILTER, StatedOptions.NONE, Map.of("file", named("d0"))));
    }
    return graph.with(Graphs.reader("guest", random.nextBoolean() ? "d1" : "d0"));
  }

  private static List<CheckedNode> randomReopen(GraphModel graph, Random random) {
    List<CheckedNode> list = new ArrayList<>();
    List<String> names = new ArrayList<>(graph.nodes().keySet());
    for (String name : names) {
      if (random.nextInt(3) == 0) {
        continue;
      }
      BlockDriver driver = graph.node(name).driver();
      Map<String, CheckedChild> children = new LinkedHashMap<>();
      if (driver == Graphs.FORMAT) {
        String backing = graph.node(name).children().get("backing");
        if (backing != null) {
          children.put(
              "backing", random.nextInt(3) == 0 ? new CheckedChild.Detached() : named(backing));
        }
        if (random.nextInt(4) == 0) {
          children.put("file", named(names.get(random.nextInt(names.size()))));
        } else if (random.nextInt(8) == 0) {
          children.put("file", nested(node(null, Graphs.PROTOCOL, READ_ONLY, Map.of())));
        }
      } else if (driver == Graphs.FILTER && random.nextInt(4) == 0) {
        children.put("file", named(names.get(random.nextInt(names.size()))));
      }
      StatedOptions stated =
          stated(
              random.nextInt(3) == 0 ? null : random.nextBoolean(),
              random.nextInt(3) == 0 ? random.nextBoolean() : null);
      list.add(node(name, driver, stated, children));
    }
    return list;
  }
}
