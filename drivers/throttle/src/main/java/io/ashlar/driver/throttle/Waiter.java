package io.ashlar.driver.throttle;

import io.ashlar.spi.Waits;

/** One request that waits; the group's lock guards it. */
final class Waiter {
  enum State {
    WAITING,
    GRANTED,
    CANCELLED
  }

  final ThrottleGroup.Member member;
  final Direction direction;
  final long bytes;
  final long arrival;
  private final Waits.WaitCondition condition;
  State state = State.WAITING;
  private boolean keepsTime;

  Waiter(
      ThrottleGroup.Member member,
      Direction direction,
      long bytes,
      long arrival,
      Waits.WaitCondition condition) {
    this.member = member;
    this.direction = direction;
    this.bytes = bytes;
    this.arrival = arrival;
    this.condition = condition;
  }

  boolean keepsTime() {
    return keepsTime;
  }

  void sleep(long nanos) {
    keepsTime = true;
    condition.awaitNanos(Math.max(nanos, 1));
    keepsTime = false;
  }

  void sleep() {
    condition.await();
  }

  void wake() {
    condition.signal();
  }

  void finish(State newState) {
    state = newState;
    condition.signal();
  }
}
