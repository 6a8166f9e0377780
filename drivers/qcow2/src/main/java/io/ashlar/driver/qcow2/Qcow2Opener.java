package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.Checkable.Repair;
import io.ashlar.spi.Child;
import io.ashlar.spi.ChildPresence;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.ImageReference;
import io.ashlar.spi.OpenContext;
import io.ashlar.spi.Texts;
import java.util.Arrays;

/** Opens images, and makes opened ones writable. */
final class Qcow2Opener {
  private Qcow2Opener() {}

  /** Opens a node; a read-only one writes nothing. */
  static Qcow2Node open(OpenContext context, BitmapSteps steps) {
    String where = context.nodeName();
    HostFile file = new HostFile(context.child("file"), context.waits());
    byte[] cluster = HeaderCodec.readCluster(file.asBlockIo(), where);
    Header header = HeaderCodec.parse(cluster, file.length(), where);
    boolean readOnly = context.nodeOptions().readOnly();
    FeatureCheck.require(header, true, where);
    Settings settings = Settings.of(context.options(), context.nodeOptions(), header);
    Child backing =
        backing(context.presence("backing"), header, where) ? context.child("backing") : null;
    Qcow2Image image = new Qcow2Image(context, file, cluster, header, settings, steps);
    image.backing(backing);
    if (!readOnly) {
      makeWritable(image);
    }
    return new Qcow2Node(image, steps);
  }

  /**
   * Whether there is a backing child to read from.
   *
   * @throws BlockException REFERENCE_UNMAPPED when the image names one and the caller said nothing
   */
  static boolean backing(ChildPresence presence, Header header, String where) {
    if (presence == ChildPresence.ABSENT && header.backingName().isPresent()) {
      throw unmapped(header, where);
    }
    return presence == ChildPresence.GIVEN;
  }

  private static BlockException unmapped(Header header, String where) {
    String name = header.backingName().orElseThrow();
    String format = header.backingFormat().orElse(null);
    String driver = format == null ? "raw" : Texts.printable(format);
    return BlockException.unmapped(
        "node '"
            + where
            + "': its image names the backing file '"
            + Texts.printable(name)
            + "', and names in images are not followed; add backing = { driver = "
            + driver
            + ", file = { driver = file, filename = \""
            + Texts.printable(name).replace("\\", "\\\\").replace("\"", "\\\"")
            + "\" } } if that is the file you want, or backing = null to open it without",
        new ImageReference("backing", name, format));
  }

  /**
   * Does what has to be done before the first write: mends what the options say, rebuilds the
   * refcounts of a dirty image, takes away autoclear bits that this driver does not keep up and
   * bitmaps that nothing vouches for.
   *
   * @throws BlockException IMAGE_CORRUPT for an image that is marked so, or that is dirty, and
   *     cannot be mended; or when mending leaks leaves errors
   */
  static void makeWritable(Qcow2Image image) {
    if (image.settings().repair() != Repair.NONE) {
      image.mend(image.settings().repair());
    }
    FeatureCheck.require(image.header(), false, image.nodeName());
    if (image.header().dirty()) {
      image.repairDirty();
    }
    Header present = image.header();
    if (!present.forWriting().equals(present)) {
      image.change(droppable(image) ? Header::forWriting : Header::withoutForeignBits);
    }
    image.fence.found();
    image.writable(true);
  }

  /**
   * Whether the extension of lost bitmaps can be dropped from the header. Where it cannot, because
   * unknown extensions leave no room to move anything, nothing vouches for it all the same.
   */
  private static boolean droppable(Qcow2Image image) {
    try {
      image.requireRoom(image.header().forWriting());
      return true;
    } catch (BlockException e) {
      return false;
    }
  }

  /** Refuses an image that changed while it was open read-only, which only force-share allows. */
  static void requireUnchanged(Qcow2Image image) {
    byte[] cluster = HeaderCodec.readCluster(image.file.asBlockIo(), image.nodeName());
    Header now = HeaderCodec.parse(cluster, image.file.length(), image.nodeName());
    if (!Arrays.equals(HeaderCodec.encode(now), HeaderCodec.encode(image.header()))) {
      throw new BlockException(
          ErrorCode.NODE_IN_USE,
          "node '"
              + image.nodeName()
              + "': its image was changed by somebody else since it was opened; remove the node"
              + " and add it again");
    }
  }
}
