package io.ashlar.cli.run;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.option.Sizes;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** For people: a line a step, a bar while a job runs if there is a terminal. */
final class TextReport implements Report {
  private static final int BAR = 30;
  private static final String ERASE = "\r\033[K";

  private final PrintStream out;
  private final boolean terminal;
  private int steps;
  private boolean bar;

  /**
   * A report.
   *
   * @param terminal somebody watches: show what is going on
   */
  TextReport(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  @Override
  public synchronized void begin(GraphFile file) {
    steps = file.steps().size();
    out.println(clean(file.name()) + ": " + steps + " steps");
    file.parameters()
        .values()
        .forEach(
            (name, value) -> {
              String note = file.parameters().notes().get(name);
              out.println(
                  "  "
                      + name
                      + " = "
                      + clean(value.toString())
                      + (note == null ? "" : " (" + note + ")"));
            });
    out.flush();
  }

  @Override
  public synchronized void begin(Step step) {
    if (terminal) {
      out.print(ERASE + head(step) + " ...");
      out.flush();
    }
  }

  @Override
  public synchronized void progress(Step step, Job.Progress progress) {
    if (!terminal || progress.total() <= 0) {
      return;
    }
    bar = true;
    double part = Math.min(1, (double) progress.current() / progress.total());
    int full = (int) (part * BAR);
    out.print(
        ERASE
            + head(step)
            + " ["
            + "#".repeat(full)
            + ".".repeat(BAR - full)
            + String.format(Locale.ROOT, "] %3.0f%% of ", part * 100)
            + Sizes.human(progress.total()));
    out.flush();
  }

  @Override
  public synchronized void end(Ended ended) {
    StringBuilder line = new StringBuilder(head(ended.step()));
    String text = ended.text() == null ? "" : clean(ended.text());
    switch (ended.outcome()) {
      case OK -> {
        if (ended.step().command().equals("print")) {
          line.append(": ").append(text);
        } else {
          line.append(text.isEmpty() ? ": ok" : ": ok, " + text).append(time(ended));
        }
      }
      case STARTED -> line.append(": started").append(time(ended));
      case REFUSED ->
          line.append(": refused as expected, ")
              .append(code(ended))
              .append(text)
              .append(time(ended));
      case SKIPPED -> line.append(": left out, ").append(text);
      case FAILED ->
          line.append(": FAILED")
              .append(time(ended))
              .append("\n        ")
              .append(ended.error().place())
              .append(": ")
              .append(code(ended))
              .append(text.replace("\n", "\n        "));
    }
    println(line.toString());
    if (!text.isEmpty()) {
      // The text says it all.
    } else if (ended.result() instanceof List<?> answers) {
      answers.forEach(answer -> out.println("        " + Json.line(answer)));
    } else if (ended.result() instanceof Map<?, ?> answer && !answer.isEmpty()) {
      out.println("        " + Json.line(answer));
    }
    ended.bitmaps().forEach(bitmap -> out.println("        " + describe(bitmap)));
    out.flush();
  }

  @Override
  public synchronized void remark(String text) {
    println(clean(text));
    out.flush();
  }

  @Override
  public void event(Event event) {
    if (event instanceof Event.BitmapRecovered e) {
      remark(
          "bitmap "
              + e.nodeName()
              + "/"
              + e.bitmap()
              + " was recovered after a crash: "
              + Sizes.human(e.dirtyBytes())
              + " dirty, at most "
              + Sizes.human(e.recovery().overApproximatedBytes())
              + " of it never written");
    } else if (event instanceof Event.BitmapInconsistent e) {
      remark("bitmap " + e.nodeName() + "/" + e.bitmap() + " is inconsistent: " + e.reason());
    } else if (event instanceof Event.FromNode e) {
      remark("node " + e.nodeName() + ": " + RunEvents.text(e.event()));
    }
  }

  @Override
  public synchronized void end(int exitCode, String text, double seconds) {
    println(clean(text) + String.format(Locale.ROOT, " (%.2f s)", seconds));
    out.flush();
  }

  private void println(String line) {
    out.println(terminal || bar ? ERASE + line : line);
    bar = false;
  }

  private String head(Step step) {
    int width = Integer.toString(steps).length();
    return String.format(
        Locale.ROOT, "[%" + width + "d/%d] %s", step.number(), steps, clean(step.title()));
  }

  private static String code(Ended ended) {
    return ended.error().code() + ": ";
  }

  private static String time(Ended ended) {
    return String.format(Locale.ROOT, " (%.3f s)", ended.seconds());
  }

  private static String describe(NodeBitmap one) {
    BitmapInfo info = one.bitmap();
    return clean("bitmap " + one.node() + "/" + info.name() + ": " + BitmapText.of(info));
  }

  /** Keeps what comes from images and files from steering the terminal; line ends stay. */
  private static String clean(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              boolean bad =
                  c != '\n'
                      && (type == Character.CONTROL
                          || type == Character.FORMAT
                          || type == Character.LINE_SEPARATOR
                          || type == Character.PARAGRAPH_SEPARATOR);
              clean.appendCodePoint(bad ? '?' : c);
            });
    return clean.toString();
  }
}
