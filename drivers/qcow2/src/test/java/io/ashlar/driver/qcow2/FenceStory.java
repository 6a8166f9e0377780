package io.ashlar.driver.qcow2;

import io.ashlar.spi.BitmapEntry;
import io.ashlar.spi.BitmapStore;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Fence;
import io.ashlar.spi.FenceReport;
import io.ashlar.spi.StoredBitmap;
import io.ashlar.spi.contract.MemoryNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * The life of an image under an engine with a journal, step by step: each takes the image from one
 * view to the next, and no crash may leave anything else than the view before or after.
 */
final class FenceStory {
  /** What is done, in this order. */
  enum Step {
    ARM {
      @Override
      void run(FenceStory s) {
        s.fence = s.fence.withNonce(s.nonce()).withLsn(s.lsn.get());
        s.becomes(true, true);
        s.stage(FencedImage.kept(s.store, true));
      }
    },
    WRITE {
      @Override
      void run(FenceStory s) {
        s.guest();
      }
    },
    FLUSH {
      @Override
      void run(FenceStory s) {
        s.fence = s.fence.withLsn(s.lsn.addAndGet(10));
        s.node.flush();
      }
    },
    CHANGE {
      @Override
      void run(FenceStory s) {
        s.fence = s.fence.withNonce(s.nonce());
        s.store.changeFence(s.fence);
      }
    },
    ADD {
      @Override
      void run(FenceStory s) {
        List<BitmapEntry> entries = FencedImage.kept(s.store, true);
        if (!s.names.contains("two")) {
          s.names.add("two");
        }
        entries.removeIf(e -> ((BitmapEntry.Kept) e).stored().name().equals("two"));
        entries.add(
            new BitmapEntry.Written("two", FencedImage.GRANULARITY, true, true, new BitArray()));
        s.stage(entries);
      }
    },
    SEAL {
      @Override
      void run(FenceStory s) {
        s.becomes(false, false);
        List<BitmapEntry> entries = new ArrayList<>();
        for (String name : s.names) {
          entries.add(new BitmapEntry.Written(name, FencedImage.GRANULARITY, true, false, s.truth));
        }
        s.store.stage(entries, Optional.empty()).publish();
      }
    },
    REVOKE {
      @Override
      void run(FenceStory s) {
        s.becomes(true, false);
        s.store.revokeFence();
      }
    },
    /** Another life of the process, which has no journal and goes on without. */
    REOPEN_WITHOUT {
      @Override
      void run(FenceStory s) {
        s.open();
        s.becomes(true, false);
        s.store.arm();
      }
    },
    /** Another life, which recovered the bitmaps and has a fence of its own. */
    REOPEN_AND_ARM {
      @Override
      void run(FenceStory s) {
        s.open();
        ARM.run(s);
      }
    };

    abstract void run(FenceStory story);
  }

  private final BlockNode file;
  private final BitmapSteps steps;
  private final BitArray truth = BitArray.of(3);
  private final AtomicLong lsn = new AtomicLong(7);
  private final List<String> names = new ArrayList<>(List.of("one"));
  private boolean armed;
  private boolean fenced;
  private Fence fence = FencedImage.FENCE;
  private BlockNode node;
  private BitmapStore store;
  private int nonces;
  private int writes;

  FenceStory(BlockNode file, BitmapSteps steps) {
    this.file = file;
    this.steps = steps;
    open();
  }

  private void open() {
    node = FencedImage.host(file).open(new Qcow2Driver(steps));
    store = (BitmapStore) node;
    store.lastRecord(lsn::get);
  }

  private UUID nonce() {
    return new UUID(11, nonces++);
  }

  private void stage(List<BitmapEntry> entries) {
    store.stage(entries, Optional.of(fence)).publish();
  }

  private void guest() {
    long at = writes++ * 20_480L % (1 << 20);
    truth.bits.set((int) (at / FencedImage.GRANULARITY));
    FencedImage.write(node, at, writes);
  }

  private void becomes(boolean inUse, boolean withFence) {
    armed = inUse;
    fenced = withFence;
  }

  /** The view that the last step was to leave. */
  String expected() {
    FenceReport report = fenced ? new FenceReport.Whole(fence) : FenceReport.NONE;
    StringBuilder view = new StringBuilder(report.toString());
    for (String name : names) {
      view.append(' ').append(name).append(armed ? "!" : "=" + truth.bits);
    }
    return view.toString();
  }

  /** Which bitmaps QEMU is to list, with a mark for those in use. */
  static List<String> listed(String view) {
    return Pattern.compile("(\\w+)(!|=\\{)")
        .matcher(view)
        .results()
        .map(found -> found.group(1) + (found.group(2).equals("!") ? "!" : ""))
        .toList();
  }

  /** All that matters of an image: its fence, its bitmaps, and what the valid ones say. */
  static String view(MemoryNode disk) {
    BitmapStore seen = (BitmapStore) FencedImage.host(disk).readOnly(true).open(new Qcow2Driver());
    StringBuilder view = new StringBuilder(seen.fence().toString());
    for (StoredBitmap bitmap : seen.directory()) {
      view.append(' ').append(bitmap.name()).append(bitmap.inUse() ? "!" : "=");
      if (!bitmap.inUse()) {
        BitArray bits = new BitArray();
        try {
          seen.load(bitmap, bits);
          view.append(bits.bits);
        } catch (BlockException e) {
          view.append(e.getMessage());
        }
      }
    }
    return view.toString();
  }
}
