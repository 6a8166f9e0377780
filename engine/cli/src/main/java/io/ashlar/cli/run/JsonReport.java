package io.ashlar.cli.run;

import io.ashlar.engine.api.BitmapInfo;
import io.ashlar.engine.api.Event;
import io.ashlar.engine.api.Job;
import io.ashlar.engine.command.CommandSet;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One JSON object a line; the member {@code event} says of what kind. */
final class JsonReport implements Report {
  private final PrintStream out;

  JsonReport(PrintStream out) {
    this.out = out;
  }

  @Override
  public void begin(GraphFile file) {
    Map<String, Object> line = event("begin");
    line.put("file", file.name());
    line.put("parameters", file.parameters().values());
    line.put("steps", file.steps().size());
    print(line);
  }

  @Override
  public void begin(Step step) {}

  @Override
  public void progress(Step step, Job.Progress progress) {
    Map<String, Object> line = event("progress");
    line.put("step", step.number());
    line.put("current", progress.current());
    line.put("total", progress.total());
    print(line);
  }

  @Override
  public void end(Ended ended) {
    Map<String, Object> line = event("step");
    line.put("step", ended.step().number());
    line.put("command", ended.step().command());
    if (ended.step().name() != null) {
      line.put("name", ended.step().name());
    }
    line.put("outcome", ended.outcome().name().toLowerCase(Locale.ROOT));
    line.put("seconds", ended.seconds());
    if (ended.result() != null) {
      line.put("return", ended.result());
    }
    if (ended.error() != null) {
      Map<String, Object> error = new LinkedHashMap<>();
      error.put("class", CommandSet.errorClass(ended.error().code()));
      error.put("code", ended.error().code().name());
      error.put("desc", ended.text());
      error.put("place", ended.error().place());
      line.put("error", error);
    } else if (ended.text() != null) {
      line.put("text", ended.text());
    }
    if (!ended.bitmaps().isEmpty()) {
      List<Object> bitmaps = new ArrayList<>();
      ended.bitmaps().forEach(bitmap -> bitmaps.add(bitmap(bitmap.node(), bitmap.bitmap())));
      line.put("bitmaps", bitmaps);
    }
    print(line);
  }

  @Override
  public void remark(String text) {
    Map<String, Object> line = event("remark");
    line.put("text", text);
    print(line);
  }

  @Override
  public void event(Event event) {
    if (event instanceof Event.BitmapRecovered e) {
      Map<String, Object> line = event("bitmap-recovered");
      line.put("node", e.nodeName());
      line.put("name", e.bitmap());
      line.put("dirty-bytes", e.dirtyBytes());
      line.put("over-approximated", e.recovery().overApproximatedBytes());
      print(line);
    } else if (event instanceof Event.BitmapInconsistent e) {
      Map<String, Object> line = event("bitmap-inconsistent");
      line.put("node", e.nodeName());
      line.put("name", e.bitmap());
      line.put("reason", e.reason());
      print(line);
    } else if (event instanceof Event.FromNode e) {
      Map<String, Object> line = event("node");
      line.put("node", e.nodeName());
      line.put("text", RunEvents.text(e.event()));
      print(line);
    }
  }

  @Override
  public void end(int exitCode, String text, double seconds) {
    Map<String, Object> line = event("end");
    line.put("exit", exitCode);
    line.put("text", text);
    line.put("seconds", seconds);
    print(line);
  }

  private static Map<String, Object> bitmap(String node, BitmapInfo info) {
    Map<String, Object> bitmap = new LinkedHashMap<>();
    bitmap.put("node", node);
    bitmap.put("name", info.name());
    bitmap.put("dirty-bytes", info.dirtyBytes());
    bitmap.put("granularity", info.granularity());
    bitmap.put("recording", info.recording());
    bitmap.put("persistent", info.persistent());
    bitmap.put("inconsistent", info.inconsistent());
    bitmap.put("in-use", info.armed());
    bitmap.put("recovered", info.recovery() != null);
    if (info.recovery() != null) {
      bitmap.put("over-approximated", info.recovery().overApproximatedBytes());
    }
    if (info.reason() != null) {
      bitmap.put("reason", info.reason());
    }
    return bitmap;
  }

  private static Map<String, Object> event(String kind) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("event", kind);
    return line;
  }

  private synchronized void print(Map<String, Object> line) {
    out.println(Json.line(line));
    out.flush();
  }
}
