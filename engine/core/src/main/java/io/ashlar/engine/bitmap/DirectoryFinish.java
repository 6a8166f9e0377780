package io.ashlar.engine.bitmap;

import io.ashlar.spi.BitmapStore;

/**
 * The end of a change for a node whose directory's actor is gone: what the actor would have done is
 * done on the caller's thread, after the piece of work that may still be running. Commands that
 * wait at a later actor are served when that one gets its next message.
 */
public final class DirectoryFinish {
  private DirectoryFinish() {}

  /** Stands for {@link BitmapCommand.DisarmThrough}; blocks. */
  public static void disarm(String node, NodeBitmaps bitmaps, BitmapStore staged) {
    bitmaps.alone(
        () -> {
          new NodeTransitions(new Desk(node, bitmaps)).disarmThrough(staged);
          return null;
        });
  }

  /**
   * The node is about to be closed: nothing comes into its image any more. Blocks while a piece of
   * work is inside.
   */
  public static void closed(NodeBitmaps bitmaps) {
    bitmaps.alone(
        () -> {
          bitmaps.disk().close();
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.GaveUp}; blocks. */
  public static void gaveUp(NodeBitmaps bitmaps) {
    bitmaps.alone(
        () -> {
          bitmaps.hold(false);
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.Inactivated}; blocks. */
  public static void inactivated(String node, NodeBitmaps bitmaps) {
    bitmaps.alone(
        () -> {
          bitmaps.hold(false);
          new Activity(new Desk(node, bitmaps)).inactivated();
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.StaysInactive}; blocks. */
  public static void staysInactive(String node, NodeBitmaps bitmaps, BitmapStore staged) {
    bitmaps.alone(
        () -> {
          bitmaps.hold(false);
          new Activity(new Desk(node, bitmaps)).stays(staged);
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.Became}; blocks. */
  public static void became(String node, NodeBitmaps bitmaps, boolean writable) {
    bitmaps.alone(
        () -> {
          bitmaps.hold(false);
          new NodeTransitions(new Desk(node, bitmaps)).became(writable);
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.Resized}; blocks. */
  public static void resized(String node, NodeBitmaps bitmaps, long length) {
    bitmaps.alone(
        () -> {
          new NodeTransitions(new Desk(node, bitmaps)).resized(length);
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.CommitStaged}; blocks. */
  public static void commit(String node, NodeBitmaps bitmaps, StagedBitmaps staged) {
    bitmaps.alone(
        () -> {
          bitmaps.stage(false);
          new Stages(new Desk(node, bitmaps)).commit(staged);
          return null;
        });
  }

  /** Stands for {@link BitmapCommand.AbortStaged}; blocks. */
  public static void abort(String node, NodeBitmaps bitmaps, StagedBitmaps staged) {
    bitmaps.alone(
        () -> {
          bitmaps.stage(false);
          new Stages(new Desk(node, bitmaps)).abort(staged);
          return null;
        });
  }
}
