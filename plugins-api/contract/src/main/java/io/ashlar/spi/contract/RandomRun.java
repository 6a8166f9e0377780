package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.IoFlags;
import io.ashlar.spi.Preallocation;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Random operations on a node and on an array of bytes; both must agree. */
final class RandomRun {
  /**
   * One step. Offsets past the end are taken from the start again and sizes are cut, so that a
   * shortened list stays valid and a node that was made short is still worked on.
   */
  record Step(Kind kind, int offset, int count, int flags, long seed) {}

  /** What a step does. */
  enum Kind {
    WRITE,
    ZEROES,
    DISCARD,
    READ,
    FLUSH,
    STATUS,
    TRUNCATE,
    OPEN_AGAIN
  }

  private static final int[] ALIGNMENTS = {1, 1, 512, 4096, 65_536};

  private final ContractBase contract;
  private byte[] model;

  RandomRun(ContractBase contract) {
    this.contract = contract;
  }

  static List<Step> steps(long seed, int count, int length) {
    Random random = new Random(seed);
    List<Step> steps = new ArrayList<>();
    Kind[] kinds = Kind.values();
    while (steps.size() < count) {
      int pick = random.nextInt(20);
      Kind kind = pick < 8 ? Kind.WRITE : pick < 11 ? Kind.ZEROES : kinds[pick % kinds.length];
      int alignment = ALIGNMENTS[random.nextInt(ALIGNMENTS.length)];
      int offset = random.nextInt(length) / alignment * alignment;
      int size = random.nextInt(random.nextInt(8) == 0 ? 200_000 : 9_000) / alignment * alignment;
      int flags = random.nextInt(8) & (kind == Kind.WRITE ? IoFlags.FUA | IoFlags.UNCHANGED : 7);
      steps.add(new Step(kind, offset, size + alignment, flags, random.nextLong()));
    }
    return steps;
  }

  /** Runs all steps on a fresh disk; null when everything agreed. */
  Throwable run(List<Step> steps) {
    int at = -1;
    try (Subject subject = contract.subject()) {
      model = new byte[contract.length()];
      for (at = 0; at < steps.size(); at++) {
        apply(subject, steps.get(at));
      }
      contract.assertReads(subject.node(), 0, model);
      contract.assertStatusIsTrue(subject);
      subject.openAgain(true);
      assertThat(subject.node().length()).isEqualTo(model.length);
      contract.assertReads(subject.node(), 0, model);
      return null;
    } catch (RuntimeException | AssertionError e) {
      return new AssertionError("at step " + at + ": " + e, e);
    }
  }

  /** The shortest list found that still fails, by leaving out ever smaller pieces. */
  List<Step> shrink(List<Step> failing) {
    List<Step> best = failing;
    for (int piece = best.size() / 2; piece > 0; piece /= 2) {
      for (int from = 0; from + piece <= best.size(); ) {
        List<Step> shorter = new ArrayList<>(best.subList(0, from));
        shorter.addAll(best.subList(from + piece, best.size()));
        if (run(shorter) != null) {
          best = shorter;
        } else {
          from += piece;
        }
      }
    }
    return best;
  }

  private void apply(Subject subject, Step step) {
    BlockNode node = subject.node();
    boolean grows = node.traits().growsOnWrite();
    int offset = grows ? step.offset : step.offset % model.length;
    int count = grows ? step.count : Math.min(step.count, model.length - offset);
    switch (step.kind) {
      case WRITE -> write(node, offset, count, step);
      case ZEROES -> {
        node.writeZeroes(offset, count, step.flags);
        reach(offset + count);
        Arrays.fill(model, offset, offset + count, (byte) 0);
      }
      case DISCARD -> discard(node, offset, count);
      case READ -> read(node, offset, count);
      case FLUSH -> node.flush();
      case STATUS -> contract.assertStatusIsTrue(subject);
      case TRUNCATE -> truncate(node, step);
      case OPEN_AGAIN -> subject.openAgain(false);
    }
    assertThat(subject.node().length()).as("length after %s", step).isEqualTo(model.length);
  }

  private void write(BlockNode node, int offset, int count, Step step) {
    byte[] bytes = ContractBase.pattern(step.seed, count);
    node.write(offset, ByteBuffer.wrap(bytes), step.flags);
    reach(count == 0 ? 0 : offset + count);
    System.arraycopy(contract.stored(bytes), 0, model, offset, count);
  }

  private void discard(BlockNode node, int offset, int count) {
    int inside = Math.max(0, Math.min(count, model.length - offset));
    if (inside == 0) {
      return;
    }
    node.discard(offset, inside, IoFlags.NONE);
    byte[] now = ContractBase.read(node, offset, inside);
    if (contract.readsAreDefined()) {
      System.arraycopy(now, 0, model, offset, inside);
    }
  }

  private void read(BlockNode node, int offset, int count) {
    byte[] expected = new byte[count];
    int inside = Math.max(0, Math.min(count, model.length - offset));
    if (inside > 0) {
      System.arraycopy(model, offset, expected, 0, inside);
    }
    contract.assertReads(node, offset, expected);
  }

  private void truncate(BlockNode node, Step step) {
    if (contract.resizable()) {
      // What is cut off is never read again.
      contract.assertReads(node, 0, model);
      int length = Math.max(65_536, (step.offset + step.count) / 512 * 512);
      node.truncate(length, Preallocation.OFF);
      model = Arrays.copyOf(model, length);
    }
  }

  private void reach(int end) {
    if (end > model.length) {
      model = Arrays.copyOf(model, end);
    }
  }
}
