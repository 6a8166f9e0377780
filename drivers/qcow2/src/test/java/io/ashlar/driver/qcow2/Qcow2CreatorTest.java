package io.ashlar.driver.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Operation;
import io.ashlar.spi.Options;
import io.ashlar.spi.contract.MemoryNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Qcow2CreatorTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "size=0",
        "size=1048576",
        "size=1000001",
        "size=104857600,version=v2",
        "size=104857600,cluster-size=512",
        "size=137438953472,cluster-size=512",
        "size=104857600,cluster-size=2097152,refcount-bits=64",
        "size=104857600,refcount-bits=1,compression-type=zstd",
        "size=104857600,cluster-size=4096,lazy-refcounts=true,refcount-bits=2",
        "size=1073741824,backing-file=base.raw,backing-fmt=raw",
        "size=1073741824,backing-file=base.raw,backing-fmt=raw,version=v2,cluster-size=512",
        "size=10000384,preallocation=metadata",
        "size=3000320,preallocation=metadata,cluster-size=512,refcount-bits=64",
        "size=10000384,preallocation=falloc,version=v2",
        "size=3000320,preallocation=full,refcount-bits=8,cluster-size=1024",
      })
  void testImage_isCleanAndSaysWhatQemusSays(String arguments) {
    Map<String, Object> options = options(arguments);
    MemoryNode node = MemoryNode.growing();
    node.put(0, "rubbish of another use".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    Qcow2Creator.create(node, Options.of(options));

    Path ours = QemuTools.save(node.crashed(), directory.resolve("disk.qcow2"));
    if (!options.containsKey("backing-file")) {
      QemuTools.assertClean(ours);
      String io =
          QemuTools.outcome("qemu-img", "map", "--output=json", "-f", "qcow2", ours).output();
      assertThat(io.contains("\"offset\"")).isEqualTo(options.containsKey("preallocation"));
    }
    String our = info(ours);
    QemuTools.create(ours, qemuOptions(options), options.get("size"));
    assertThat(our).isEqualTo(info(ours));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size=1048576,cluster-size=1000|Cluster size must be a power of two",
        "size=1048576,cluster-size=4194304|Cluster size must be a power of two",
        "size=1048576,refcount-bits=3|Refcount width must be a power of two",
        "size=1048576,refcount-bits=128|Refcount width must be a power of two",
        "size=1048576,version=v2,refcount-bits=8|Different refcount widths",
        "size=1048576,version=v2,lazy-refcounts=true|Lazy refcounts only supported",
        "size=1048576,version=v2,compression-type=zstd|Non-zlib compression type",
        "size=1048576,backing-fmt=raw|Backing format cannot be used without",
        "size=1048576,backing-file=x|without backing format",
        "size=1048576,backing-file=x,backing-fmt=raw,preallocation=full|extended_l2",
        "size=1048576,extended-l2=true|extended-l2",
        "size=1048576,data-file=x|data-file",
        "size=1048576,encrypt.format=luks|encrypt",
        "size=137438953984,cluster-size=512|The image size is too large",
        "size=9223372036854775807|The image size is too large",
      })
  void testBadOptions_areRefusedAndNothingIsTouched(String arguments, String message) {
    MemoryNode node = MemoryNode.of(new byte[1000]);

    assertThatThrownBy(() -> Qcow2Creator.create(node, Options.of(options(arguments))))
        .isInstanceOf(BlockException.class)
        .hasMessageContaining(message);

    assertThat(node.log().changes()).isZero();
  }

  @Test
  void testLongNameInSmallClusters_isRefusedAndNothingIsTouched() {
    MemoryNode node = MemoryNode.of(new byte[1000]);
    Map<String, Object> options = options("size=1048576,cluster-size=512,backing-fmt=raw");
    options.put("backing-file", "x".repeat(400));

    assertThatThrownBy(() -> Qcow2Creator.create(node, Options.of(options)))
        .hasMessageContaining("No space left in the file header");
    assertThat(node.log().changes()).isZero();
  }

  @Test
  void testCrashAnywhere_leavesNoImageOrTheWholeOne() {
    int crashes = 0;
    for (int stop = 1; ; stop++) {
      MemoryNode node = MemoryNode.growing();
      Qcow2Creator.create(node, Options.of(options("size=2097152")));
      int[] left = {stop};
      node.faults()
          .hook(
              (operation, offset, length) -> {
                if (operation != Operation.READ && --left[0] == 0) {
                  throw new BlockException(ErrorCode.IO_ERROR, "crash");
                }
              });
      try {
        Qcow2Creator.create(
            node, Options.of(options("size=1048576,preallocation=metadata,cluster-size=512")));
        break;
      } catch (BlockException e) {
        crashes++;
      }
      node.faults().clear();
      MemoryNode disk = node.crashed();
      if (HeaderCodec.isQcow2(disk)) {
        QemuTools.assertClean(disk, directory.resolve("crashed"));
      }
      if (HeaderCodec.isQcow2(node)) {
        QemuTools.assertClean(node, directory.resolve("written"));
      }
    }
    assertThat(crashes).isGreaterThan(4);
  }

  @Test
  void testWritesThatOvertakeEachOther_leaveNoImageOrTheWholeOne() {
    MemoryNode node = MemoryNode.growing();
    Qcow2Creator.create(node, Options.of(options("size=2097152")));
    CrashLog log = new CrashLog(node);
    Qcow2Creator.create(
        log, Options.of(options("size=1048576,preallocation=metadata,cluster-size=4096")));
    for (MemoryNode disk : log.states()) {
      if (HeaderCodec.isQcow2(disk)) {
        QemuTools.assertClean(disk, directory.resolve("crashed"));
      }
    }
  }

  @Test
  void testDeviceThatCannotShrink_showsNoOldBytes() {
    MemoryNode node = MemoryNode.fixed(2 << 20);
    byte[] old = new byte[2 << 20];
    java.util.Arrays.fill(old, (byte) 0x5A);
    node.put(0, old);
    Qcow2Creator.create(
        new NoTruncate(node), Options.of(options("size=1048576,preallocation=metadata")));

    Path image = QemuTools.save(node, directory.resolve("dev"));
    assertThat(QemuTools.io(image, "read -P 0 0 1M")).doesNotContain("Pattern verification failed");
    QemuTools.assertClean(image);
  }

  private static String info(Path image) {
    return QemuTools.run("qemu-img", "info", "-f", "qcow2", "--output=json", image)
        .replaceAll("\"(actual-size|virtual-size\": [0-9]+, \"file)\": [0-9]+,?", "")
        .replaceAll("(?s)\"children\": \\[.*?\\n    \\],", "");
  }

  static Map<String, Object> options(String arguments) {
    Map<String, Object> options = new LinkedHashMap<>();
    for (String pair : arguments.split(",")) {
      String[] words = pair.split("=");
      Object value = words[1];
      if (words[1].matches("[0-9]+")) {
        value = Long.parseLong(words[1]);
      } else if (words[1].equals("true")) {
        value = true;
      }
      options.put(words[0], value);
    }
    return options;
  }

  private static String qemuOptions(Map<String, Object> options) {
    StringBuilder text = new StringBuilder("cluster_size=");
    text.append(options.getOrDefault("cluster-size", 65536L));
    options.forEach(
        (name, value) -> {
          switch (name) {
            case "version" -> text.append(",compat=").append("v2".equals(value) ? "0.10" : "1.1");
            case "refcount-bits" -> text.append(",refcount_bits=").append(value);
            case "lazy-refcounts" -> text.append(",lazy_refcounts=on");
            case "backing-file" -> text.append(",backing_file=").append(value);
            case "backing-fmt" -> text.append(",backing_fmt=").append(value);
            case "compression-type" -> text.append(",compression_type=").append(value);
            default -> {}
          }
        });
    return text.toString();
  }
}
