package io.ashlar.engine.journal;

import java.util.List;

/**
 * What the journal of an image keeps. A change of the image is announced ({@link ChangeIntended})
 * before it is made, and its end recorded ({@link ChangeDone}, {@link ChangeFailed}) before it is
 * answered. An intent without an end is not repeated: the image is asked what became of it.
 */
public sealed interface LifecycleEvent {
  /** Who and when. */
  Stamp stamp();

  /**
   * The change that this belongs to, counted from 1 in each journal; 0 for none.
   *
   * @return the same number in intent and end
   */
  long change();

  /** An image was opened for writing; what the journal knew is compared with it next. */
  record ImageOpened(Stamp stamp, int bitmaps) implements LifecycleEvent {
    @Override
    public long change() {
      return 0;
    }
  }

  /**
   * A change is about to be made.
   *
   * @param facts what will be true when it is done
   */
  record ChangeIntended(Stamp stamp, long change, List<BitmapFact> facts)
      implements LifecycleEvent {
    /** Copies the list. */
    public ChangeIntended {
      facts = List.copyOf(facts);
    }
  }

  /**
   * A change was made.
   *
   * @param facts what happened
   */
  record ChangeDone(Stamp stamp, long change, List<BitmapFact> facts) implements LifecycleEvent {
    /** Copies the list. */
    public ChangeDone {
      facts = List.copyOf(facts);
    }
  }

  /**
   * A change ended with an error; the image may have it or not.
   *
   * @param facts what should have happened
   * @param reason one sentence
   */
  record ChangeFailed(Stamp stamp, long change, List<BitmapFact> facts, String reason)
      implements LifecycleEvent {
    /** Copies the list. */
    public ChangeFailed {
      facts = List.copyOf(facts);
    }
  }

  /**
   * The image says something else than the journal, or says what became of an intent. The image is
   * right.
   *
   * @param change the intent that was looked into, or 0
   * @param bitmap the bitmap's name; empty when it concerns none in particular
   * @param granularity bytes per bit of the bitmap as it is in the image, 0 when it is not there
   * @param enabled AUTO, as it is in the image
   * @param detail one sentence
   */
  record ImageReconciled(
      Stamp stamp,
      long change,
      Finding finding,
      String bitmap,
      long granularity,
      boolean enabled,
      String detail)
      implements LifecycleEvent {}

  /** What a comparison with the image can show. */
  enum Finding {
    /** An intent has no end, and the image has the change. */
    CHANGE_FOUND,
    /** An intent has no end, and the image does not have the change. */
    CHANGE_NOT_FOUND,
    /** An intent has no end, and the image cannot tell. */
    CHANGE_UNKNOWN,
    /** The image has a bitmap that the journal does not know. */
    BITMAP_APPEARED,
    /** The image lacks a bitmap that the journal knows. */
    BITMAP_MISSING,
    /** A bitmap has another granularity or records where it did not. */
    BITMAP_DIFFERS,
    /** The image says IN_USE: whoever wrote it last did not store the bitmap. */
    BITMAP_INCONSISTENT,
    /** The journal left the bitmap IN_USE, and the image says that it is right. */
    BITMAP_STORED_BY_OTHERS,
    /** A crash left the bitmap IN_USE, and the journal had its bits. */
    BITMAP_RECOVERED
  }
}
