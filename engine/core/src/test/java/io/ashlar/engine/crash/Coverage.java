package io.ashlar.engine.crash;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which steps crashes must have come into, and how often at least. */
final class Coverage {
  /** Steps, each {@code operation/step/step}, and of a million states so many at least. */
  private static final Map<String, Integer> REQUIRED = new LinkedHashMap<>();

  private static final int FEW = 20;
  private static final int MANY = 10_000;

  static {
    for (String arming : List.of("open", "CLOSE", "READ_WRITE", "ABORTED", "WRITE_NEW")) {
      require(FEW, arming, "arm/capture", "arm/store", "arm/publish/header");
    }
    for (String storing : List.of("close", "CLOSE", "READ_ONLY", "ABORTED")) {
      require(FEW, storing, "seal/store", "seal/publish/header");
    }
    require(FEW, "ADD", "change/capture", "change/store", "change/publish/header");
    require(FEW, "ENABLE", "change/capture");
    require(FEW, "MERGE", "change/capture");
    for (String shrinking : List.of("CLEAR", "DISABLE", "BACKUP_FINISH")) {
      require(FEW, shrinking, "change/intent", "change/nonce/header", "settle/capture");
    }
    require(FEW, "REMOVE", "change/intent", "change/nonce/store", "settle/capture");
    require(FEW, "REMOVE", "change/nonce/publish/header");
    for (String resizing : List.of("GROW", "SHRINK")) {
      require(FEW, resizing, "intent", "nonce/header", "header", "settle/capture");
    }
    require(FEW, "WAIT", "recapture/capture", "beat");
    require(FEW, "BACKUP_START");
    require(FEW, "OVERWRITE", "heat");
    require(MANY, "recovery");
  }

  private Coverage() {}

  private static void require(int inAMillion, String operation, String... steps) {
    if (steps.length == 0) {
      REQUIRED.put(operation, inAMillion);
    }
    for (String step : steps) {
      REQUIRED.put(operation + "/" + step, inAMillion);
    }
  }

  /** Steps that crashes came into too seldom. */
  static List<String> missing(Map<String, Integer> crashes, long states) {
    List<String> missing = new ArrayList<>();
    REQUIRED.forEach(
        (step, inAMillion) -> {
          long hits = hits(crashes, step);
          long least = Math.max(1, states * inAMillion / 1_000_000);
          if (hits < least) {
            missing.add(step + ": " + hits + " crashes, and not " + least);
          }
        });
    return missing;
  }

  /** Crashes in an operation with all these steps, one within the other. */
  private static long hits(Map<String, Integer> crashes, String step) {
    String[] wanted = step.split("/");
    long sum = 0;
    for (Map.Entry<String, Integer> entry : crashes.entrySet()) {
      String[] names = entry.getKey().split("/");
      int found = 0;
      for (String name : names) {
        if (found < wanted.length && name.equals(wanted[found])) {
          found++;
        }
      }
      sum += wanted[0].equals(names[0]) && found == wanted.length ? entry.getValue() : 0;
    }
    return sum;
  }
}
