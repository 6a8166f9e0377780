package io.ashlar.engine.admission;

import java.util.List;

/**
 * The gates of all roots that an operation will touch. Tickets are taken all or none, and none is
 * held while waiting for another: two operations, or an operation and one who closes, can never
 * wait for each other here.
 */
public final class TicketSet {
  private final StripedGate[] gates;

  /** A set over the gates; one gate may stand in it twice. */
  public TicketSet(List<StripedGate> gates) {
    this.gates = gates.toArray(StripedGate[]::new);
  }

  /** How many tickets it takes. */
  public int size() {
    return gates.length;
  }

  /**
   * Enters every gate; waits while one is closed.
   *
   * @param tickets receives the tickets for {@link #leave}; at least {@link #size} long
   * @throws io.ashlar.spi.BlockException the reason of a gate that failed; no ticket is held then
   */
  public void enter(long[] tickets) {
    while (true) {
      int closed = tryEnter(tickets);
      if (closed < 0) {
        return;
      }
      gates[closed].awaitOpen(StripedGate.FOR_EVER);
    }
  }

  /** Leaves every gate. */
  public void leave(long[] tickets) {
    leaveFirst(tickets, gates.length);
  }

  /** Returns -1 when all were entered, otherwise the index of a closed one, with none held. */
  private int tryEnter(long[] tickets) {
    int entered = 0;
    boolean all = false;
    try {
      while (entered < gates.length) {
        long ticket = gates[entered].tryEnter();
        if (ticket == StripedGate.NO_TICKET) {
          return entered;
        }
        tickets[entered++] = ticket;
      }
      all = true;
      return -1;
    } finally {
      if (!all) {
        leaveFirst(tickets, entered);
      }
    }
  }

  private void leaveFirst(long[] tickets, int count) {
    for (int i = count - 1; i >= 0; i--) {
      gates[i].leave(tickets[i]);
    }
  }
}
