package io.ashlar.engine.command;

import io.ashlar.engine.api.Ashlar;
import io.ashlar.engine.api.BackupRequest;
import io.ashlar.engine.api.BackupRequest.BitmapMode;
import io.ashlar.engine.api.BackupRequest.Sync;
import io.ashlar.engine.api.CommitRequest;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.Job;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.OptionSpec;
import io.ashlar.spi.Options;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Commands that start and steer jobs. */
final class JobCommands {
  private static final OptionSpec SPEED =
      OptionSpec.size("speed", "bytes a second; 0 is no limit").withDefault(0L);

  private static final OptionSpec AUTO_FINALIZE =
      OptionSpec.bool("auto-finalize", true, "QMP's; a job cannot wait before its end");

  private static final OptionSpec AUTO_DISMISS =
      OptionSpec.bool(
          "auto-dismiss", true, "whether the job is forgotten at its end without job-dismiss");

  /** {@code blockdev-backup}, as a command and in a transaction. */
  static final CommandSpec BACKUP =
      CommandSpec.of(
          "blockdev-backup",
          "copies a node to another one as it is now, while it goes on being written",
          OptionSpec.string("job-id", "name of the job; the source's name if left out"),
          OptionSpec.string("device", "the node to copy").mandatory(),
          OptionSpec.string("target", "the node to copy to").mandatory(),
          OptionSpec.words(
                  "sync", null, "what is copied", "full", "top", "none", "incremental", "bitmap")
              .mandatory(),
          OptionSpec.string("bitmap", "a bitmap of the source"),
          OptionSpec.words(
              "bitmap-mode", null, "what becomes of the bitmap", "on-success", "never", "always"),
          SPEED,
          OptionSpec.bool("compress", false, "writes compressed clusters"),
          OptionSpec.words(
              "on-cbw-error",
              "break-snapshot",
              "who fails when the target cannot take what the guest overwrites",
              "break-snapshot",
              "break-guest-write"),
          OptionSpec.integer(
                  "cbw-timeout", "seconds that a guest's write waits for a copy; 0 for ever")
              .withDefault(0L),
          AUTO_FINALIZE,
          AUTO_DISMISS);

  static final List<Command> ALL =
      List.of(
          new Command(BACKUP.startingJob(), JobCommands::backup),
          new Command(
              CommandSpec.of(
                      "block-commit",
                      "writes what an idle node has above a base into the base, which takes its place",
                      OptionSpec.string("job-id", "name of the job; the device's name if left out"),
                      OptionSpec.string("device", "the node whose chain is meant").mandatory(),
                      OptionSpec.string("top-node", "the top of the chain, which is the default"),
                      OptionSpec.string("base-node", "takes the data; the lowest if left out"),
                      SPEED,
                      AUTO_FINALIZE,
                      AUTO_DISMISS)
                  .startingJob(),
              JobCommands::commit),
          steer(
              "block-job-pause",
              "device",
              "stops a job after the copies in flight",
              job -> job.pause().await()),
          steer("block-job-resume", "device", "lets a job go on", job -> job.resume().await()),
          new Command(
              CommandSpec.of(
                  "block-job-cancel",
                  "ends a job; its target stays incomplete",
                  OptionSpec.string("device", "the job").mandatory(),
                  OptionSpec.bool("force", false, "QMP's; makes no difference for a backup")),
              (engine, a) -> {
                engine.jobs().get(a.values().string("device")).cancel().await();
                return Map.of();
              }),
          new Command(
              CommandSpec.of(
                  "block-job-set-speed",
                  "sets the speed limit of a job",
                  OptionSpec.string("device", "the job").mandatory(),
                  OptionSpec.size("speed", "bytes a second; 0 is no limit").mandatory()),
              (engine, a) -> {
                engine.jobs().get(a.values().string("device")).setSpeed(a.values().number("speed"));
                return Map.of();
              }),
          steer(
              "job-pause",
              "id",
              "stops a job after the copies in flight",
              job -> job.pause().await()),
          steer("job-resume", "id", "lets a job go on", job -> job.resume().await()),
          steer(
              "job-cancel",
              "id",
              "ends a job; its target stays incomplete",
              job -> job.cancel().await()),
          dismiss("job-dismiss"),
          dismiss("block-job-dismiss"));

  /** What is done to a job. */
  private interface Steering {
    void apply(Job job);
  }

  private JobCommands() {}

  private static Command steer(String command, String argument, String doc, Steering steering) {
    return new Command(
        CommandSpec.of(command, doc, OptionSpec.string(argument, "the job").mandatory()),
        (engine, a) -> {
          steering.apply(engine.jobs().get(a.values().string(argument)));
          return Map.of();
        });
  }

  private static Command dismiss(String command) {
    return new Command(
        CommandSpec.of(
            command,
            "forgets a job that has ended and was started with auto-dismiss = false",
            OptionSpec.string("id", "the job").mandatory()),
        (engine, a) -> {
          engine.jobs().dismiss(a.values().string("id"));
          return Map.of();
        });
  }

  private static Object backup(Ashlar engine, Arguments a) {
    Job job = engine.jobs().backup(request(a.values())).await();
    return Map.of("job-id", job.id());
  }

  /** The request that the arguments of {@link #BACKUP} mean. */
  static BackupRequest request(Options o) {
    requireAutoFinalize(o);
    return new BackupRequest(
        o.optionalString("job-id").orElse(null),
        o.string("device"),
        o.string("target"),
        Sync.valueOf(constant(o.string("sync"))),
        o.optionalString("bitmap").orElse(null),
        o.optionalString("bitmap-mode")
            .map(mode -> BitmapMode.valueOf(constant(mode)))
            .orElse(null),
        o.number("speed"),
        o.bool("compress"),
        o.string("on-cbw-error").equals("break-guest-write"),
        o.number("cbw-timeout"),
        o.bool("auto-dismiss"));
  }

  private static void requireAutoFinalize(Options o) {
    if (!o.bool("auto-finalize")) {
      throw new InvalidOptionException(
          ErrorCode.NOT_SUPPORTED,
          List.of("auto-finalize"),
          "a job ends by itself; 'auto-finalize' can only be true");
    }
  }

  private static Object commit(Ashlar engine, Arguments a) {
    Options o = a.values();
    requireAutoFinalize(o);
    Job job =
        engine
            .jobs()
            .commit(
                new CommitRequest(
                    o.optionalString("job-id").orElse(null),
                    o.string("device"),
                    o.optionalString("top-node").orElse(null),
                    o.optionalString("base-node").orElse(null),
                    o.number("speed"),
                    o.bool("auto-dismiss")))
            .await();
    return Map.of("job-id", job.id());
  }

  private static String constant(String word) {
    return word.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
