package io.ashlar.engine.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.engine.crash.BitmapTruth.Command;
import io.ashlar.engine.crash.BitmapTruth.Kind;
import io.ashlar.engine.crash.GuestTruth.Request;
import org.junit.jupiter.api.Test;

/** What a bitmap must know where requests failed, and content may have gone back. */
final class BitmapTruthTest {
  private static final int SECTOR = 40;
  private static final long OFFSET = SECTOR * (long) Pages.SECTOR;

  private final GuestTruth guest = new GuestTruth();
  private final BitmapTruth bitmaps = new BitmapTruth();

  private Request request(boolean zeros, long issued, long ended) {
    Request request = guest.begin(issued, OFFSET, Pages.SECTOR, zeros, false);
    request.ended = ended;
    return request;
  }

  private void added(long issued, long answered) {
    Command command = bitmaps.begin(Kind.ADD, "n", null, 4096, true, issued);
    command.answered = answered;
    command.succeeded = true;
  }

  private boolean requires(long value, long moment) {
    return bitmaps.at(moment).get("n").requires(guest, SECTOR, value);
  }

  @Test
  void whatWasReadableWhileTheBitmapWasAddedNeedNotBeDirtyThoughItIsDoubtedLater() {
    added(10, 20);
    Request written = request(false, 11, 12);
    guest.uncertain(13);

    assertThat(requires(written.value(SECTOR), 15)).isFalse();
    assertThat(requires(written.value(SECTOR), 30)).isFalse();
  }

  @Test
  void whatWasUnderWayAtTheAnswerMustBeDirtyThoughItIsDoubtedLater() {
    added(10, 20);
    Request written = request(false, 11, 21);
    guest.uncertain(25);

    assertThat(requires(written.value(SECTOR), 30)).isTrue();
  }

  @Test
  void whatIsSentAfterTheAnswerMustBeDirtyThoughItIsDoubtedLater() {
    request(true, 1, 2);
    added(10, 20);
    Request written = request(false, 21, 22);
    guest.uncertain(25);

    assertThat(requires(written.value(SECTOR), 30)).isTrue();
  }

  @Test
  void zerosOfBeforeAreNotThoseThatAreSentAfterTheCrash() {
    request(false, 1, 2);
    guest.flushed(3, 4);
    request(true, 5, 6);
    guest.uncertain(7); // a close failed
    added(10, 20);
    request(true, 40, 41);

    assertThat(requires(0, 15)).isFalse();
    assertThat(requires(0, 30)).isFalse();
  }

  @Test
  void zerosMustBeDirtyWhereOlderOnesHadGone() {
    request(true, 1, 2);
    guest.uncertain(3);
    request(false, 4, 5);
    guest.flushed(6, 7);
    added(10, 20);
    request(true, 30, 31);
    guest.uncertain(35);

    assertThat(requires(0, 25)).as("nobody has sent zeros since, and something is lost").isFalse();
    assertThat(requires(0, 40)).isTrue();
  }

  @Test
  void whatWasFlushedBeforeTheBitmapIsNotTheContentAfterAnotherRequest() {
    Request before = request(false, 1, 2);
    guest.flushed(3, 4);
    request(false, 5, 6);
    added(10, 20);

    assertThat(requires(before.value(SECTOR), 30)).as("lost in the crash").isTrue();
    guest.uncertain(25);
    assertThat(requires(before.value(SECTOR), 30)).as("lost aloud").isFalse();
  }
}
