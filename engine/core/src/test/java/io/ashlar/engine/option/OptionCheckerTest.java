package io.ashlar.engine.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.ashlar.engine.api.InvalidOptionException;
import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.spi.CacheMode;
import io.ashlar.spi.DetectZeroes;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.NodeOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What definitions mean, and how wrong ones are refused. */
final class OptionCheckerTest {
  private static final String DISK =
      "driver = qcow2, node-name = disk, file { driver = file, filename = a.qcow2 }";

  private final OptionChecker checker = new OptionChecker(SchemaDriver.SAMPLES);
  private final AtomicLong numbers = new AtomicLong(12);

  @Test
  void dottedAndNestedKeysMeanTheSame() {
    CheckedNode nested = check(DISK + ", cache { direct = true }, overlap-check.template = none");
    CheckedNode dotted =
        checker.checkNode(
            NodeDefinition.of(
                Map.of(
                    "driver", "qcow2",
                    "node-name", "disk",
                    "file.driver", "file",
                    "file.filename", "a.qcow2",
                    "cache.direct", true,
                    "overlap-check.template", "none")),
            () -> 12);
    assertThat(dotted).isEqualTo(nested);
    assertThat(dotted.nodeOptions().cache()).isEqualTo(CacheMode.NONE);
    assertThat(dotted.options().string("overlap-check.template")).isEqualTo("none");
    assertThat(dotted.options().bool("overlap-check.main-header")).isTrue();
    assertThat(dotted.options().has("cache.direct")).isFalse();
  }

  @Test
  void defaultsOfTheTopAreThoseOfQemu() {
    assertThat(check(DISK).nodeOptions()).isEqualTo(NodeOptions.DEFAULTS);
  }

  @Test
  void nestedChildrenInheritAndGetNames() {
    CheckedNode disk =
        check(
            DISK
                + ", read-only = true, force-share = on, cache { direct = true, writeback = false }");
    CheckedNode file = inline(disk, "file");
    assertThat(file.nodeName()).isEqualTo("#block012");
    assertThat(file.nodeOptions())
        .isEqualTo(new NodeOptions(true, CacheMode.NONE, true, DetectZeroes.OFF, true));
  }

  @Test
  void whatIsStatedBeatsWhatIsInherited() {
    CheckedNode file =
        inline(
            check(DISK + ", cache.direct = true, file { discard = ignore, cache.direct = false }"),
            "file");
    assertThat(file.nodeOptions().discardUnmap()).isFalse();
    assertThat(file.nodeOptions().cache().direct()).isFalse();
  }

  @Test
  void backingChildrenAreReadOnly() {
    CheckedNode disk = check(DISK + ", backing { " + DISK.replace("= disk", "= base") + " }");
    CheckedNode backing = inline(disk, "backing");
    assertThat(disk.nodeOptions().readOnly()).isFalse();
    assertThat(backing.nodeOptions().readOnly()).isTrue();
    assertThat(inline(backing, "file").nodeOptions().readOnly()).isTrue();
    refused(
        DISK + ", backing { read-only = false, " + DISK.replace("= disk", "= base") + " }",
        "add it by itself",
        "backing",
        "read-only");
  }

  @Test
  void childrenByNameAndDetached() {
    CheckedNode disk = check("driver = qcow2, node-name = disk, file = f, backing = null");
    assertThat(disk.children())
        .isEqualTo(
            Map.of("file", new CheckedChild.ByName("f"), "backing", new CheckedChild.Detached()));
    assertThat(check(DISK).children()).doesNotContainKey("backing");
    refused("driver = qcow2, node-name = disk, file = null", "child 'file' must be", "file");
    refused("driver = qcow2, node-name = disk, file = 3", "not 3", "file");
  }

  @Test
  void misspeltNamesGetTheNearest() {
    refused(DISK + ", lazy_refcount = on", "did you mean 'lazy-refcounts'?", "lazy_refcount");
    refused(DISK + ", red-only = on", "did you mean 'read-only'?", "red-only");
    refused(DISK + ", bakcing = null", "did you mean 'backing'?", "bakcing");
    refused(DISK + ", file.filname = b", "did you mean 'filename'?", "file", "filname");
    refused(
        DISK + ", overlap-check.templat = b",
        "'overlap-check.template'",
        "overlap-check",
        "templat");
    refused(DISK + ", zzzzzzzz = 1", "there are: driver, node-name", "zzzzzzzz");
    refused(DISK + ", discard = unmapp", "did you mean 'unmap'?", "discard");
    refused("driver = raww, node-nmae = x", "there are: blkdebug, file, qcow2", "driver");
    refused("driver = file, node-nmae = x", "did you mean 'node-name'?", "node-nmae");
    refused("drivr = file, node-name = x", "did you mean 'driver'?", "drivr");
    InvalidOptionException driver =
        refused("driver = qcow, node-name = disk", "did you mean 'qcow2'?", "driver");
    assertThat(driver.code()).isEqualTo(ErrorCode.DRIVER_NOT_FOUND);
  }

  @Test
  void typesAndRanges() {
    assertThat(check(DISK + ", l2-cache-size = 1M").options().number("l2-cache-size"))
        .isEqualTo(1 << 20);
    assertThat(check(DISK + ", lazy-refcounts = on").options().bool("lazy-refcounts")).isTrue();
    refused(DISK + ", l2-cache-size = 1MiB", "such as 65536, 64k", "l2-cache-size");
    refused(DISK + ", l2-cache-size = 12", "from 4096 to 1073741824, not 12", "l2-cache-size");
    refused(DISK + ", l2-cache-size = [1]", "not a list", "l2-cache-size");
    refused(DISK + ", lazy-refcounts = 1", "true or false, not 1", "lazy-refcounts");
    refused(DISK + ", lazy-refcounts = null", "not null", "lazy-refcounts");
    refused(DISK + ", file.filename = 2", "put it in quotes", "file", "filename");
    refused(DISK + ", overlap-check = all", "must be an object", "overlap-check");
    refused(DISK + ", force-share = on", "add read-only = true", "force-share");
    refused(DISK + ", detect-zeroes = unmap", "needs discard = unmap", "detect-zeroes");
  }

  @Test
  void whatIsMissingIsNamed() {
    refused("driver = qcow2, file = f", "needs a 'node-name'");
    refused("node-name = x", "needs a 'driver'; there are: blkdebug, file, qcow2");
    refused("driver = qcow2, node-name = disk", "needs the child 'file': where the image is");
    refused("driver = qcow2, node-name = disk, file.driver = file", "needs 'filename'", "file");
  }

  @Test
  void listsOfObjects() {
    String base = "driver = blkdebug, node-name = b, image = x";
    CheckedNode node =
        check(base + ", inject-error = [ { event = read }, { event = w, errno = 28 } ]");
    assertThat(node.options().objects("inject-error").get(0).number("errno")).isEqualTo(5);
    assertThat(node.options().objects("inject-error").get(1).number("errno")).isEqualTo(28);
    refused(base + ", inject-error = [ { evnt = r } ]", "'event'", "inject-error", "0", "evnt");
    refused(base + ", inject-error = [ {} ]", "needs 'event'", "inject-error", "0");
    refused(
        base + ", inject-error = { event = r }",
        "a list of objects, not an object",
        "inject-error");
  }

  @Test
  void namesOfNodes() {
    for (String bad : List.of("1a", "", "a b", "a/b", "x".repeat(32), "#block000", "\u00e4")) {
      refused(
          "driver = qcow2, file = f, node-name = \"" + bad + "\"", "letters, digits", "node-name");
    }
    assertThat(check("driver = qcow2, file = f, node-name = " + "x".repeat(31)).nodeName())
        .hasSize(31);
    assertThat(check("driver = qcow2, file = f, node-name = A-._9").nodeName()).isEqualTo("A-._9");
    refused(DISK + ", file.node-name = disk", "two nodes", "file", "node-name");
  }

  @Test
  void oneKeyTwiceIsRefused() {
    InvalidOptionException e =
        catchThrowableOfType(
            InvalidOptionException.class,
            () ->
                checker.checkNode(
                    NodeDefinition.of("qcow2", "d").with("file", "f").with("file.driver", "file"),
                    () -> 0));
    assertThat(e).hasMessageContaining("given twice");
  }

  @Test
  void aReopenLeavesOutWhatStays() {
    CheckedNode node =
        checker.checkReopen(
            NodeDefinition.of(
                ConfigFactory.parseString("driver = qcow2, node-name = d, read-only = true")
                    .root()
                    .unwrapped()));
    assertThat(node.children()).isEmpty();
    CheckedNode nested =
        checker.checkReopen(NodeDefinition.of(ConfigFactory.parseString(DISK).root().unwrapped()));
    assertThat(inline(nested, "file").nodeName()).isNull();
  }

  @Test
  void createOptionsAreChecked() {
    CheckedCreate create =
        checker.checkCreate(
            checker.driver("qcow2", List.of()), Map.of("size", "64M", "file", "f"), () -> 0);
    assertThat(create.options().number("size")).isEqualTo(64 << 20);
    assertThat(create.children()).containsEntry("file", new CheckedChild.ByName("f"));
    InvalidOptionException e =
        catchThrowableOfType(
            InvalidOptionException.class,
            () -> checker.checkCreate(checker.driver("file", List.of()), Map.of(), () -> 0));
    assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED);
    InvalidOptionException missing =
        catchThrowableOfType(
            InvalidOptionException.class,
            () ->
                checker.checkCreate(
                    checker.driver("qcow2", List.of()), Map.of("sizes", 1), () -> 0));
    assertThat(missing).hasMessageContaining("did you mean 'size'?");
  }

  private CheckedNode check(String hocon) {
    return checker.checkNode(
        NodeDefinition.of(ConfigFactory.parseString(hocon).root().unwrapped()),
        numbers::getAndIncrement);
  }

  private InvalidOptionException refused(String hocon, String message, String... path) {
    InvalidOptionException e =
        catchThrowableOfType(InvalidOptionException.class, () -> check(hocon));
    assertThat(e).as(hocon).hasMessageContaining(message);
    assertThat(e.path()).as(hocon).containsExactly(path);
    return e;
  }

  private static CheckedNode inline(CheckedNode parent, String role) {
    return ((CheckedChild.Inline) parent.children().get(role)).node();
  }
}
