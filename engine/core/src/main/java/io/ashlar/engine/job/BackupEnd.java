package io.ashlar.engine.job;

import akka.Done;
import io.ashlar.engine.bitmap.BitmapCommand;
import io.ashlar.engine.bitmap.bits.BitTree;
import io.ashlar.engine.control.GraphCommand.Changed;
import io.ashlar.engine.control.GraphControl;
import io.ashlar.engine.reopen.Cut;
import io.ashlar.spi.BlockException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The end of a backup: in one change the filter goes and the bitmap is given back. If that fails it
 * is tried again in plainer ways, so that neither filter nor bitmap stays held: first with the
 * bitmap as if there had been no job, then without touching the bitmap.
 */
final class BackupEnd {
  /**
   * What becomes of the bitmap.
   *
   * @param replace the successor takes the bitmap's place; otherwise its bits are OR-ed back
   * @param uncopied bits to be OR-ed in, or {@code null}
   */
  record Fate(boolean replace, BitTree uncopied) {
    static final Fate RECLAIM = new Fate(false, null);
  }

  private static final String WHAT = "the end of a backup";

  private final GraphControl control;
  private final String source;
  private final String bitmap;
  private final String filter;
  private final String device;
  private volatile boolean thawed;

  /**
   * The end of a job.
   *
   * @param bitmap name of the bitmap that the job holds, or {@code null}
   */
  BackupEnd(GraphControl control, String source, String bitmap, String filter, String device) {
    this.control = control;
    this.source = source;
    this.bitmap = bitmap;
    this.filter = filter;
    this.device = device;
    this.thawed = bitmap == null;
  }

  /**
   * Ends it. Fails when the bitmap could not be given back as wished, or the filter could not be
   * removed at all.
   */
  CompletionStage<Done> run(Fate fate) {
    return attempt(fate)
        .handle((closing, error) -> error == null ? closed(closing) : again(error))
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Done> again(Throwable first) {
    boolean asWished = thawed;
    return attempt(Fate.RECLAIM)
        .handle((closing, error) -> error == null ? closed(closing) : withoutBitmap())
        .thenCompose(stage -> stage)
        .handle(
            (done, error) -> {
              BlockException failure = Errors.asBlockException(WHAT, first);
              if (error != null) {
                throw Errors.with(failure, Errors.asBlockException(WHAT, error));
              }
              if (!asWished) {
                throw failure;
              }
              return done;
            });
  }

  private CompletionStage<Done> withoutBitmap() {
    return attempt(null).thenCompose(BackupEnd::closed);
  }

  /** One change; gives what went wrong when the removed filter was closed. */
  private CompletionStage<List<Throwable>> attempt(Fate fate) {
    return control
        .change(
            WHAT,
            model -> BackupGraph.remove(model, filter, device),
            Set.of(source),
            fate == null ? Cut.NONE : new Thawing(fate))
        .thenApply(Changed::afterwards);
  }

  private static CompletionStage<Done> closed(List<Throwable> failures) {
    return failures.isEmpty()
        ? completed()
        : CompletableFuture.failedFuture(Errors.asBlockException(WHAT, failures.get(0)));
  }

  private static CompletionStage<Done> completed() {
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  /** Gives the bitmap back, once. */
  private final class Thawing implements Cut {
    private final Fate fate;

    Thawing(Fate fate) {
      this.fate = fate;
    }

    @Override
    public CompletionStage<Done> prepare(StagedNodes nodes) {
      if (thawed) {
        return completed();
      }
      return control
          .<Done>bitmaps(
              nodes.node(source),
              replyTo -> new BitmapCommand.Thaw(bitmap, fate.replace(), fate.uncopied(), replyTo))
          .thenApply(
              done -> {
                thawed = true;
                return done;
              });
    }

    /** A bitmap that was given back stays so; the next attempt only removes the filter. */
    @Override
    public CompletionStage<Done> abort() {
      return completed();
    }
  }
}
