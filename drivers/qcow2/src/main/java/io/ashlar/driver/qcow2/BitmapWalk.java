package io.ashlar.driver.qcow2;

import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockIo;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.Texts;
import java.nio.ByteBuffer;

/**
 * Walks what the stored bitmaps refer to (section 13). Nothing in a bitmap stops the walk: damage,
 * foreign entries and places that cannot be read are told, and what they hide is unknown.
 */
final class BitmapWalk {
  private final BlockIo file;
  private final Header header;
  private final Geometry g;
  private final ImageWalk image;
  private final String where;
  private boolean unknown;
  private Visited visited = new Visited();

  /**
   * A walk over the bitmaps that a header names.
   *
   * @param image reads tables of the same file
   * @param unknown what an earlier walk says
   */
  BitmapWalk(BlockIo file, Header header, ImageWalk image, String where, boolean unknown) {
    this.unknown = unknown;
    this.file = file;
    this.header = header;
    this.g = header.geometry();
    this.image = image;
    this.where = where;
  }

  /**
   * Whether some bitmap may own clusters that were not shown, so that a cluster without a user is
   * not to be freed. Certain after a walk whose references saw all of the image.
   */
  boolean unknown() {
    return unknown;
  }

  /** Directory, tables and data, as {@link ImageWalk.References#claimed}. */
  void walk(ImageWalk.References references, ImageWalk.Findings findings) {
    visited = new Visited();
    BitmapsExtension place = header.bitmaps().orElse(null);
    if (place == null || header.version() < 3) {
      return;
    }
    BitmapDirectory directory;
    try {
      directory = BitmapDirectory.read(header, image.fileLength(), this::read, where);
    } catch (BlockException e) {
      unknown = true;
      findings.bitmap("ERROR " + e.getMessage());
      return;
    }
    references.claimed(
        place.directoryOffset(),
        place.directorySize(),
        text -> {
          unknown = true;
          findings.bitmap(text);
        });
    for (DirectoryEntry entry : directory.entries()) {
      unknown |= !entry(entry, references, findings);
    }
  }

  /**
   * The table and data of one entry, usable or not.
   *
   * @return whether that is all that it can own
   */
  boolean entry(DirectoryEntry bitmap, ImageWalk.References references, ImageWalk.Findings told) {
    boolean[] whole = {!bitmap.mayOwnMore()};
    ImageWalk.Findings findings =
        new ImageWalk.Findings() {
          @Override
          public void corruption(String text) {
            told.corruption(text);
          }

          @Override
          public void bitmap(String text) {
            whole[0] = false;
            told.bitmap(text);
          }

          @Override
          public void remark(String text) {
            told.remark(text);
          }
        };
    String name = "bitmap '" + Texts.printable(bitmap.stored().name()) + "'";
    if (!bitmap.usable()) {
      findings.remark(name + " cannot be used and is kept: " + bitmap.stored().unusable());
    }
    if (!bitmap.hasTable(g, image.fileLength())) {
      findings.bitmap("ERROR " + name + " has no table: " + bitmap.stored().unusable());
      return false;
    }
    long table = bitmap.tableOffset();
    references.claimed(table, 8L * bitmap.tableSize(), findings);
    if (!visited.enter(table >>> g.clusterBits())) {
      findings.bitmap("ERROR " + name + " has a table that is used more than twice");
      return false;
    }
    try {
      image.eachEntry(
          table,
          bitmap.tableSize(),
          (index, value) -> {
            long offset = L2Entry.offset(value);
            if (BitmapTable.damaged(value, g) || offset >= image.fileLength()) {
              findings.bitmap(
                  "ERROR " + name + " has a damaged table entry: " + Long.toHexString(value));
            } else if (offset != 0) {
              references.claimed(offset, g.clusterSize(), findings);
            }
          });
    } catch (BlockException e) {
      if (e.code() != ErrorCode.IO_ERROR) {
        throw e;
      }
      findings.bitmap("ERROR the table of " + name + " cannot be read: " + e.getMessage());
    }
    return whole[0];
  }

  private void read(long offset, ByteBuffer target) {
    byte[] bytes = new byte[target.remaining()];
    HeaderCodec.readPadded(file, offset, bytes);
    target.put(bytes);
  }
}
