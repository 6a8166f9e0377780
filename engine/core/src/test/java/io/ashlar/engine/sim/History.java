package io.ashlar.engine.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * One run: a graph, and what is done to it.
 *
 * @param seed decides the order of everything that has none
 * @param graph nodes to begin with, each after those it names
 * @param devices to begin with
 * @param acts one after another
 * @param journals whether there are journals beside the images
 */
public record History(
    long seed, List<Step.Node> graph, List<Step.Attach> devices, List<Act> acts, boolean journals) {
  /** A guest's request. */
  public record Request(String device, char kind, int granule, int count) {}

  /**
   * An actor's death.
   *
   * @param at at which message to the actors that take part in a change, from 1
   * @param stop it stops; otherwise it throws
   */
  public record Death(int at, boolean stop) {}

  /**
   * A command, with guests beside it.
   *
   * @param faults of drivers; counted from the beginning of the command
   * @param deaths of actors
   * @param hurry one time in so many, time passes although there is work; 0 for never
   */
  public record Act(
      Step step, List<Request> guests, List<Faults.Fault> faults, List<Death> deaths, int hurry) {}

  /** The same without one of its acts. */
  public History without(int index) {
    List<Act> fewer = new ArrayList<>(acts);
    fewer.remove(index);
    return new History(seed, graph, devices, fewer, journals);
  }

  /** The same with another act in place of one. */
  public History with(int index, Act act) {
    List<Act> changed = new ArrayList<>(acts);
    changed.set(index, act);
    return new History(seed, graph, devices, changed, journals);
  }

  /** Simpler histories that may fail as well, the most promising first. */
  public List<History> simpler() {
    List<History> all = new ArrayList<>();
    for (int i = 0; i < acts.size(); i++) {
      all.add(without(i));
    }
    for (int i = 0; i < devices.size(); i++) {
      List<Step.Attach> fewer = new ArrayList<>(devices);
      fewer.remove(i);
      all.add(new History(seed, graph, fewer, acts, journals));
    }
    for (int i = 0; i < graph.size(); i++) {
      String name = graph.get(i).name();
      boolean used =
          devices.stream().anyMatch(d -> d.node().equals(name))
              || graph.stream().anyMatch(n -> n.named().containsValue(name));
      if (!used) {
        List<Step.Node> fewer = new ArrayList<>(graph);
        fewer.remove(i);
        all.add(new History(seed, fewer, devices, acts, journals));
      }
    }
    for (int i = 0; i < acts.size(); i++) {
      Act act = acts.get(i);
      if (!act.guests().isEmpty()) {
        all.add(with(i, new Act(act.step(), List.of(), act.faults(), act.deaths(), act.hurry())));
      }
      for (int f = 0; f < act.faults().size(); f++) {
        List<Faults.Fault> fewer = new ArrayList<>(act.faults());
        fewer.remove(f);
        all.add(with(i, new Act(act.step(), act.guests(), fewer, act.deaths(), act.hurry())));
      }
      for (int d = 0; d < act.deaths().size(); d++) {
        List<Death> fewer = new ArrayList<>(act.deaths());
        fewer.remove(d);
        all.add(with(i, new Act(act.step(), act.guests(), act.faults(), fewer, act.hurry())));
      }
      if (act.hurry() > 0) {
        all.add(with(i, new Act(act.step(), act.guests(), act.faults(), act.deaths(), 0)));
      }
      if (act.step() instanceof Step.Reopen reopen && reopen.nodes().size() > 1) {
        for (int n = 0; n < reopen.nodes().size(); n++) {
          List<Step.Options> fewer = new ArrayList<>(reopen.nodes());
          fewer.remove(n);
          all.add(
              with(
                  i,
                  new Act(
                      new Step.Reopen(fewer),
                      act.guests(),
                      act.faults(),
                      act.deaths(),
                      act.hurry())));
        }
      }
    }
    return all;
  }

  /** The simplest history on this way that is still bad. */
  public History shrunk(java.util.function.Predicate<History> bad) {
    History best = this;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (History next : best.simpler()) {
        if (bad.test(next)) {
          best = next;
          smaller = true;
          break;
        }
      }
    }
    return best;
  }

  @Override
  public String toString() {
    StringBuilder text =
        new StringBuilder("seed " + seed + (journals ? ", with journals\n" : "\n"));
    graph.forEach(node -> text.append("  ").append(node).append('\n'));
    devices.forEach(device -> text.append("  ").append(device).append('\n'));
    acts.forEach(act -> text.append("  ").append(act).append('\n'));
    return text.toString();
  }
}
