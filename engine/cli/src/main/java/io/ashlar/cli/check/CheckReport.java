package io.ashlar.cli.check;

import io.ashlar.engine.api.ImageCheck;
import io.ashlar.spi.Checkable.CheckResult;
import io.ashlar.spi.Checkable.Layout;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** What qemu-img prints about a check, on standard output. */
final class CheckReport {
  private final String filename;
  private final String format;
  private final ImageCheck check;

  CheckReport(String filename, String format, ImageCheck check) {
    this.filename = filename;
    this.format = format;
    this.check = check;
  }

  /** 0 nothing is wrong, 2 errors are left, 3 leaks are left. */
  int exitCode() {
    CheckResult left = check.left();
    return left.corruptions() > 0 ? 2 : left.leaks() > 0 ? 3 : 0;
  }

  /** For people. */
  String text() {
    StringBuilder text = new StringBuilder();
    if (check.leaksFixed() + check.corruptionsFixed() > 0) {
      text.append("The following inconsistencies were found and repaired:\n\n");
      text.append("    ").append(check.leaksFixed()).append(" leaked clusters\n");
      text.append("    ").append(check.corruptionsFixed()).append(" corruptions\n\n");
      text.append("Double checking the fixed image now...\n");
    }
    CheckResult left = check.left();
    if (left.corruptions() == 0 && left.leaks() == 0) {
      text.append("No errors were found on the image.\n");
    }
    if (left.corruptions() > 0) {
      text.append('\n').append(left.corruptions()).append(" errors were found on the image.\n");
      text.append("Data may be corrupted, or further writes to the image may corrupt it.\n");
    }
    if (left.leaks() > 0) {
      text.append('\n').append(left.leaks()).append(" leaked clusters were found on the image.\n");
      text.append("This means waste of disk space, but no harm to data.\n");
    }
    Layout layout = left.layout();
    if (layout.total() > 0 && layout.allocated() > 0) {
      text.append(layout.allocated()).append('/').append(layout.total()).append(" = ");
      text.append(percent(layout.allocated(), layout.total())).append(" allocated, ");
      text.append(percent(layout.fragmented(), layout.allocated())).append(" fragmented, ");
      text.append(percent(layout.compressed(), layout.allocated()))
          .append(" compressed clusters\n");
    }
    if (layout.imageEnd() > 0) {
      text.append("Image end offset: ").append(layout.imageEnd()).append('\n');
    }
    return text.toString();
  }

  /** Two digits, rounded as C does: from the exact value, halves to even. */
  private static String percent(long part, long whole) {
    BigDecimal exact = new BigDecimal(part * 100.0 / whole);
    return exact.setScale(2, RoundingMode.HALF_EVEN).toPlainString() + "%";
  }

  /** For programs. */
  String json() {
    CheckResult left = check.left();
    Layout layout = left.layout();
    Map<String, Long> counts = new LinkedHashMap<>();
    counts.put("image-end-offset", layout.imageEnd());
    counts.put("corruptions", left.corruptions());
    counts.put("leaks", left.leaks());
    counts.put("corruptions-fixed", check.corruptionsFixed());
    counts.put("leaks-fixed", check.leaksFixed());
    counts.put("total-clusters", layout.total());
    counts.put("allocated-clusters", layout.allocated());
    counts.put("fragmented-clusters", layout.fragmented());
    counts.put("compressed-clusters", layout.compressed());
    Map<String, Object> all = new TreeMap<>(QemuJson.ORDER);
    counts.forEach(
        (key, value) -> {
          if (value != 0) {
            all.put(key, value);
          }
        });
    all.put("filename", filename);
    all.put("format", format);
    all.put("check-errors", 0L);
    return QemuJson.object(all);
  }
}
