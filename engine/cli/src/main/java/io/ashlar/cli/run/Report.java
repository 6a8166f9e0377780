package io.ashlar.cli.run;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.ErrorCode;
import java.util.List;

/** What a run tells about itself. Calls may come from several threads. */
interface Report {
  /** How a step ended. */
  enum Outcome {
    OK,
    STARTED,
    REFUSED,
    SKIPPED,
    FAILED
  }

  /**
   * The end of a step.
   *
   * @param step the step
   * @param outcome how it ended; REFUSED is the refusal that was wanted
   * @param text what there is to say, or {@code null}
   * @param result the command's answer, or {@code null}
   * @param error the error, or {@code null}
   * @param seconds how long it took
   * @param bitmaps the bitmaps afterwards; empty when the step cannot have changed any
   */
  record Ended(
      Step step,
      Outcome outcome,
      String text,
      Object result,
      Failure error,
      double seconds,
      List<NodeBitmap> bitmaps) {}

  /**
   * An error.
   *
   * @param code what went wrong
   * @param place {@code FILE:LINE}
   */
  record Failure(ErrorCode code, String place) {}

  /** A bitmap and its node. */
  record NodeBitmap(String node, BitmapInfo bitmap) {}

  /** The file was read and nothing is wrong with it. */
  void begin(GraphFile file);

  /** A step begins. */
  void begin(Step step);

  /** How far a job is that a step waits for. */
  void progress(Step step, Job.Progress progress);

  /** A step ended. */
  void end(Ended ended);

  /** Something that belongs to no step. */
  void remark(String text);

  /** Something that the engine told of: recovered and inconsistent bitmaps, and what nodes say. */
  void event(Event event);

  /** Everything ended. */
  void end(int exitCode, String text, double seconds);
}
