package io.ashlar.engine.journal.file;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import java.nio.ByteBuffer;

/**
 * A record to append.
 *
 * @param type what it is, {@link RecordTypes#FIRST_FREE} to 65,535
 * @param payload its content; not copied, so nobody changes it until the append is over
 */
public record NewRecord(int type, ByteBuffer payload) {
  /**
   * A record to append.
   *
   * @throws BlockException INVALID_REQUEST for a type that is the journal's own or none
   */
  public NewRecord {
    if (type < RecordTypes.FIRST_FREE || type > RecordTypes.LAST) {
      throw new BlockException(
          ErrorCode.INVALID_REQUEST, "a journal record cannot have the type " + type);
    }
    payload = payload.slice().asReadOnlyBuffer();
  }

  /** A view of the content whose position nobody else moves. */
  @Override
  public ByteBuffer payload() {
    return payload.duplicate();
  }

  int size() {
    return payload.limit();
  }
}
