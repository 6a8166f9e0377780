package io.ashlar.engine.sim;

import akka.actor.ActorRef;
import akka.actor.ActorSystem;
import akka.dispatch.Envelope;
import akka.dispatch.Mailbox;
import akka.dispatch.MailboxType;
import akka.dispatch.MessageQueue;
import akka.dispatch.ProducesMessageQueue;
import akka.dispatch.UnboundedMessageQueueSemantics;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import scala.Option;

/**
 * A mailbox in which messages of different senders pass each other; those of one sender keep their
 * order. Named in the configuration.
 */
public final class SimMailbox implements MailboxType, ProducesMessageQueue<SimMailbox.Messages> {
  /** One time in so many a message overtakes those of other senders. */
  private static final int OVERTAKES = 3;

  private static final Pattern GRAPH = Pattern.compile("^/system/(run|machine)-[0-9]+");

  /** Called by Akka. */
  public SimMailbox(ActorSystem.Settings settings, Config config) {}

  /** The path of a mailbox's actor, without what differs between runs. */
  static String path(Mailbox mailbox) {
    return mailbox.messageQueue() instanceof Messages known
        ? known.path
        : short_(mailbox.actor().self());
  }

  private static String short_(ActorRef actor) {
    return GRAPH.matcher(actor.path().toStringWithoutAddress()).replaceFirst("graph");
  }

  @Override
  public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
    return new Messages(owner.isDefined() ? short_(owner.get()) : "nobody");
  }

  private record Sent(String source, Envelope envelope) {}

  /** The messages. */
  static final class Messages implements MessageQueue, UnboundedMessageQueueSemantics {
    private final String path;
    private final List<Sent> waiting = new ArrayList<>();

    Messages(String path) {
      this.path = path;
    }

    @Override
    public void enqueue(ActorRef receiver, Envelope envelope) {
      waiting.add(new Sent(Sim.INSTANCE.source(), envelope));
    }

    @Override
    public Envelope dequeue() {
      if (waiting.isEmpty()) {
        return null;
      }
      Envelope next = waiting.remove(firstOfSomebody()).envelope();
      if (Sim.INSTANCE.noting()) {
        Sim.INSTANCE.note("gets " + next.message());
      }
      return next;
    }

    private int firstOfSomebody() {
      int size = waiting.size();
      if (size == 1 || Sim.INSTANCE.random().nextInt(OVERTAKES) != 0) {
        return 0;
      }
      int wanted = Sim.INSTANCE.random().nextInt(size);
      String source = waiting.get(wanted).source();
      for (int i = 0; i < wanted; i++) {
        if (waiting.get(i).source().equals(source)) {
          return i;
        }
      }
      return wanted;
    }

    @Override
    public int numberOfMessages() {
      return waiting.size();
    }

    @Override
    public boolean hasMessages() {
      return !waiting.isEmpty();
    }

    @Override
    public void cleanUp(ActorRef owner, MessageQueue deadLetters) {
      waiting.forEach(sent -> deadLetters.enqueue(owner, sent.envelope()));
      waiting.clear();
    }
  }
}
