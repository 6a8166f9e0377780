package io.ashlar.engine.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.option.OptionChecker;
import io.ashlar.engine.plugin.DriverRegistry;
import io.ashlar.spi.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What commands take, as far as that can be said without an engine. */
final class CommandSetTest {
  private static final String RAW = "driver = raw, node-name = n, file = f";

  private final OptionChecker checker =
      new OptionChecker(DriverRegistry.load(CommandSetTest.class.getClassLoader(), List.of()));

  @Test
  void goodArgumentsPass() {
    for (String[] call :
        new String[][] {
          {"blockdev-add", RAW},
          {"blockdev-create", "options { driver = file, filename = f, size = 1M }"},
          {"blockdev-create", "job-id = j, options { driver = file, filename = f, size = 1M }"},
          {"blockdev-del", "node-name = n"},
          {"blockdev-reopen", "options = [ { driver = raw, node-name = n, read-only = on } ]"},
          {"block_resize", "node-name = n, size = 2G"},
          {"blockdev-backup", "device = a, target = b, sync = full, speed = 10M"},
          {
            "blockdev-backup",
            "job-id = j, device = a, target = b, sync = bitmap, bitmap = x, bitmap-mode = always"
          },
          {"block-dirty-bitmap-add", "node = n, name = b, granularity = 64k, persistent = true"},
          {
            "block-dirty-bitmap-merge",
            "node = n, target = b, bitmaps = [ c, { node = m, name = d } ]"
          },
          {"blockdev-insert-filter", "above = n, filter { " + RAW + " }"},
          {"query-named-block-nodes", ""},
          {"job-cancel", "id = j"}
        }) {
      assertThatCode(() -> check(call[0], call[1]))
          .as(call[0] + " " + call[1])
          .doesNotThrowAnyException();
    }
  }

  @Test
  void wrongArgumentsHaveTheirPathAndTheNearestName() {
    refused("blockdev-ad", RAW, "did you mean 'blockdev-add'?");
    refused("blockdev-add", RAW + ", sise = 1", "did you mean 'size'?", "sise");
    refused("blockdev-create", "option = 3", "did you mean 'options'?", "option");
    refused("blockdev-create", "", "needs 'options'");
    refused("blockdev-create", "options = 3", "must be an object", "options");
    refused("blockdev-create", "options { size = 3 }", "needs a 'driver'", "options");
    refused(
        "blockdev-create", "options { driver = fil }", "did you mean 'file'?", "options", "driver");
    refused(
        "blockdev-create",
        "options { driver = file, filename = f, sizes = 1 }",
        "did you mean 'size'?",
        "options",
        "sizes");
    refused("blockdev-del", "node = n", "'blockdev-del' has no option 'node'", "node");
    refused("blockdev-del", "", "needs 'node-name'");
    refused(
        "blockdev-reopen",
        "options = [ { " + RAW + " }, { " + RAW + ", read_only = 1 } ]",
        "'read-only'",
        "options",
        "1",
        "read_only");
    refused("blockdev-reopen", "options { }", "must be a list", "options");
    refused("blockdev-reopen", "options = [ n ]", "must hold objects", "options");
    refused("blockdev-backup", "device = a, target = b, sync = ful", "'full'?", "sync");
    refused("blockdev-backup", "device = a, target = b", "needs 'sync'");
    refused("block-dirty-bitmap-add", "node = n, name = b, granularity = x", "size", "granularity");
    refused("block-dirty-bitmap-merge", "node = n, target = b, bitmaps = c", "list", "bitmaps");
    refused(
        "block-dirty-bitmap-merge",
        "node = n, target = b, bitmaps = [ c, { nod = m } ]",
        "did you mean 'node'?",
        "bitmaps",
        "1",
        "nod");
    refused(
        "blockdev-insert-filter",
        "above = n, filter { " + RAW + ", offst = 1 }",
        "did you mean 'offset'?",
        "filter",
        "offst");
    refused("blockdev-insert-filter", "above = n, filter = null", "cannot be null", "filter");
  }

  @Test
  void everyCommandIsDescribed() {
    assertThat(CommandSet.specs()).hasSizeGreaterThan(20);
    for (CommandSpec spec : CommandSet.specs()) {
      assertThat(spec.doc()).as(spec.name()).isNotBlank();
      assertThat(CommandSet.spec(spec.name())).contains(spec);
      spec.arguments().forEach(a -> assertThat(a.doc()).as(a.name()).isNotBlank());
    }
    assertThat(CommandSet.spec("blockdev-backup")).get().matches(CommandSpec::startsJob);
  }

  @Test
  void errorClassesAreThoseOfQmp() {
    assertThat(CommandSet.errorClass(ErrorCode.NODE_NOT_FOUND)).isEqualTo("DeviceNotFound");
    assertThat(CommandSet.errorClass(ErrorCode.JOB_NOT_FOUND)).isEqualTo("DeviceNotActive");
    assertThat(CommandSet.errorClass(ErrorCode.NODE_EXISTS)).isEqualTo("GenericError");
  }

  private void check(String command, String hocon) {
    CommandSet.check(command, ConfigFactory.parseString(hocon).root().unwrapped(), checker);
  }

  private void refused(String command, String hocon, String message, String... path) {
    InvalidOptionException e =
        catchThrowableOfType(InvalidOptionException.class, () -> check(command, hocon));
    assertThat(e).as(command + " " + hocon).isNotNull().hasMessageContaining(message);
    assertThat(e.path()).as(command + " " + hocon).containsExactly(path);
  }
}
