package io.ashlar.engine.facade;

import io.ashlar.engine.api.NodeDefinition;
import io.ashlar.engine.api.OpenOptions;
import io.ashlar.engine.option.ReferenceDirectory;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.ImageReport;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The nodes of an image and, where the caller allows a directory, of the backing files that it
 * names: plain file names of regular files in that directory, with the format that the image
 * states.
 */
final class ChainDefinition {
  private final ImageInspection inspection;
  private final int depthLimit;

  ChainDefinition(ImageInspection inspection, int depthLimit) {
    this.inspection = inspection;
    this.depthLimit = depthLimit;
  }

  NodeDefinition of(Path image, OpenOptions options, String nodeName) {
    Set<Path> seen = new LinkedHashSet<>();
    return definition(image, options.format(), options.allowReferencesUnder(), seen)
        .with("node-name", nodeName)
        .with("read-only", !options.writable());
  }

  private NodeDefinition definition(Path image, String format, Path allowed, Set<Path> seen) {
    if (!seen.add(ReferenceDirectory.real(image))) {
      throw new BlockException(
          ErrorCode.GRAPH_CYCLE,
          "the backing chain comes back from '" + last(seen) + "' to '" + image + "'");
    }
    if (seen.size() > depthLimit) {
      throw new BlockException(
          ErrorCode.LIMIT_EXCEEDED,
          "the backing chain is longer than " + depthLimit + " images at '" + image + "'");
    }
    NodeDefinition node =
        NodeDefinition.of(java.util.Map.of())
            .with("driver", format)
            .with(
                "file",
                NodeDefinition.of(
                    java.util.Map.of("driver", "file", "filename", image.toString())));
    if (allowed == null || format.equals("raw")) {
      return node;
    }
    ImageReport report = inspection.inspect(image, format);
    for (ImageReference reference : report.references()) {
      node =
          node.with(
              reference.role(),
              definition(
                  new ReferenceDirectory(allowed).resolve(reference, image),
                  reference.format(),
                  allowed,
                  seen));
    }
    return node;
  }

  private static Path last(Set<Path> seen) {
    Path last = null;
    for (Path path : seen) {
      last = path;
    }
    return last;
  }
}
