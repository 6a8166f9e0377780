package io.ashlar.engine.command;

import io.ashlar.engine.api.ReopenResult;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What a reopen did to each node, as an answer of {@code blockdev-reopen} or beside its error. */
public final class ReopenAccount {
  private ReopenAccount() {}

  /** {@code committed}, and {@code nodes} with {@code outcome} and, where there is more, why. */
  public static Map<String, Object> of(ReopenResult result) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("committed", result.committed());
    answer.put("nodes", result.nodes().stream().map(ReopenAccount::of).toList());
    return answer;
  }

  private static Map<String, Object> of(ReopenResult.PerNode node) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("node-name", node.nodeName());
    one.put("outcome", node.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    if (!node.detail().isEmpty()) {
      one.put("detail", node.detail());
    }
    return one;
  }
}
