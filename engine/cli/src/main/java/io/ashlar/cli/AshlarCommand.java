package io.ashlar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code ashlar}. */
@Command(
    name = "ashlar",
    mixinStandardHelpOptions = true,
    versionProvider = VersionProvider.class,
    description = "The block layer of a virtual machine: images, filters, bitmaps, backups.",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ashlar run examples/incremental-backup.conf",
      "  ashlar run examples/incremental-backup.conf --set image=vm.qcow2 --set out=/backup/vm",
      "  ashlar info vm.qcow2",
      "  ashlar check -r all vm.qcow2",
      "  ashlar journal show vm.qcow2",
      "  ashlar help run",
      "  source <(ashlar generate-completion)      completes in bash and zsh",
      "",
      "Results go to stdout, everything else to stderr. Only a terminal gets a progress bar."
    })
final class AshlarCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(System.err);
    return CommandLine.ExitCode.USAGE;
  }
}
