package io.ashlar.engine.journal;

import akka.actor.ExtendedActorSystem;
import akka.serialization.SerializerWithStringManifest;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;

/** Events and snapshots of the lifecycle for Akka; {@link EventCodec} has the bytes. */
public final class LifecycleSerializer extends SerializerWithStringManifest {
  /** Kept in every journal; never given to another serializer. */
  public static final int IDENTIFIER = 1_095_977_548;

  /** Made by the actor system, from its configuration. */
  @SuppressWarnings("UnusedVariable") // the form that Akka asks for
  public LifecycleSerializer(ExtendedActorSystem system) {
    super();
  }

  @Override
  public int identifier() {
    return IDENTIFIER;
  }

  @Override
  public String manifest(Object value) {
    return value instanceof LifecycleEvent event
        ? EventCodec.manifest(event)
        : StateCodec.manifest();
  }

  @Override
  public byte[] toBinary(Object value) {
    if (value instanceof LifecycleEvent event) {
      return EventCodec.encode(event);
    }
    if (value instanceof JournalState state) {
      return StateCodec.encode(state);
    }
    throw new IllegalArgumentException("no part of a journal: " + value.getClass().getName());
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    try {
      return EventCodec.isEvent(manifest)
          ? EventCodec.decode(manifest, ByteBuffer.wrap(bytes))
          : StateCodec.decode(manifest, ByteBuffer.wrap(bytes));
    } catch (UnreadableEventException e) {
      NotSerializableException unreadable = new NotSerializableException(e.getMessage());
      unreadable.initCause(e);
      throw unreadable;
    }
  }
}
