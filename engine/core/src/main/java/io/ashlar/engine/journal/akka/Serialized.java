package io.ashlar.engine.journal.akka;

import akka.serialization.Serialization;
import akka.serialization.Serializer;
import akka.serialization.Serializers;
import java.util.Optional;

/**
 * An object as its serializer wrote it.
 *
 * @param serializer the serializer's number
 * @param manifest what the serializer wants to know when it reads the object
 * @param bytes the object; nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // made once and passed on; never compared
public record Serialized(int serializer, String manifest, byte[] bytes) {
  static Serialized of(Serialization serialization, Object object) {
    Serializer serializer = serialization.findSerializerFor(object);
    byte[] bytes = serialization.serialize(object).get(); // says where actors in it live
    return new Serialized(
        serializer.identifier(), Serializers.manifestFor(serializer, object), bytes);
  }

  Object read(Serialization serialization) {
    return serialization.deserialize(bytes, serializer, manifest).get();
  }

  void encode(Encoder target) {
    target.number(serializer).text(manifest).bytes(bytes);
  }

  static Serialized decode(Decoder source) {
    return new Serialized(source.number(), source.text(), source.bytes());
  }

  static void encodeOptional(Optional<Serialized> value, Encoder target) {
    target.number(value.isPresent() ? 1 : 0);
    value.ifPresent(present -> present.encode(target));
  }

  static Optional<Serialized> decodeOptional(Decoder source) {
    return switch (source.number()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(decode(source));
      default -> throw source.wrong();
    };
  }
}
