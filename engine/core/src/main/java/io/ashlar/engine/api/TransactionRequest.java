package io.ashlar.engine.api;

import io.ashlar.engine.api.Bitmaps.Settings;
import java.util.ArrayList;
import java.util.List;

/**
 * The arguments of {@code transaction}: actions over any number of nodes that take effect together
 * or not at all. Each action sees what the actions before it in the list made.
 *
 * @param actions in their order
 * @param mode how the jobs that it starts depend on each other
 */
public record TransactionRequest(List<Action> actions, CompletionMode mode) {
  /** Copies the list. */
  public TransactionRequest {
    actions = List.copyOf(actions);
  }

  /** QMP's {@code ActionCompletionMode}. */
  public enum CompletionMode {
    /** Each job ends by itself. */
    INDIVIDUAL,
    /** One job that fails or is cancelled cancels the others, and all bitmaps are given back. */
    GROUPED
  }

  /** One action. */
  public sealed interface Action {}

  /** {@code block-dirty-bitmap-add}. */
  public record AddBitmap(String node, String name, Settings settings) implements Action {}

  /** {@code block-dirty-bitmap-remove}. */
  public record RemoveBitmap(String node, String name) implements Action {}

  /** {@code block-dirty-bitmap-clear}. */
  public record ClearBitmap(String node, String name) implements Action {}

  /** {@code block-dirty-bitmap-enable} and {@code -disable}. */
  public record EnableBitmap(String node, String name, boolean enabled) implements Action {}

  /** {@code block-dirty-bitmap-merge}. */
  public record MergeBitmaps(String node, String target, List<BitmapRef> sources)
      implements Action {
    /** Copies the list. */
    public MergeBitmaps {
      sources = List.copyOf(sources);
    }
  }

  /** {@code blockdev-backup}. */
  public record Backup(BackupRequest request) implements Action {}

  /** {@code blockdev-snapshot}. */
  public record Snapshot(String node, String overlay) implements Action {}

  /** {@code abort}: refuses the transaction. */
  public record Abort() implements Action {}

  /** Begins an empty list. */
  public static Builder of() {
    return new Builder();
  }

  /** Puts a list of actions together. */
  public static final class Builder {
    private final List<Action> actions = new ArrayList<>();
    private CompletionMode mode = CompletionMode.INDIVIDUAL;

    private Builder() {}

    /** Any action. */
    public Builder action(Action action) {
      actions.add(action);
      return this;
    }

    /** {@code block-dirty-bitmap-add}. */
    public Builder addBitmap(String node, String name, Settings settings) {
      return action(new AddBitmap(node, name, settings));
    }

    /** {@code block-dirty-bitmap-remove}. */
    public Builder removeBitmap(String node, String name) {
      return action(new RemoveBitmap(node, name));
    }

    /** {@code block-dirty-bitmap-clear}. */
    public Builder clearBitmap(String node, String name) {
      return action(new ClearBitmap(node, name));
    }

    /** {@code block-dirty-bitmap-enable}. */
    public Builder enableBitmap(String node, String name) {
      return action(new EnableBitmap(node, name, true));
    }

    /** {@code block-dirty-bitmap-disable}. */
    public Builder disableBitmap(String node, String name) {
      return action(new EnableBitmap(node, name, false));
    }

    /** {@code block-dirty-bitmap-merge}. */
    public Builder mergeBitmaps(String node, String target, BitmapRef... sources) {
      return action(new MergeBitmaps(node, target, List.of(sources)));
    }

    /** {@code blockdev-backup}. */
    public Builder backup(BackupRequest request) {
      return action(new Backup(request));
    }

    /** {@code blockdev-snapshot}. */
    public Builder snapshot(String node, String overlay) {
      return action(new Snapshot(node, overlay));
    }

    /** {@code abort}. */
    public Builder abort() {
      return action(new Abort());
    }

    /** The jobs end together: {@link CompletionMode#GROUPED}. */
    public Builder grouped() {
      mode = CompletionMode.GROUPED;
      return this;
    }

    /** The request. */
    public TransactionRequest build() {
      return new TransactionRequest(actions, mode);
    }
  }
}
