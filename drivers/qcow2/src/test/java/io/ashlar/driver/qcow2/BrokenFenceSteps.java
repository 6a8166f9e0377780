package io.ashlar.driver.qcow2;

import io.ashlar.spi.Fence;
import java.util.function.UnaryOperator;

/** Each rule of a fence in {@link BitmapSteps} broken in turn. */
enum BrokenFenceSteps {
  PUTS_IT_IN_BEFORE_THE_DIRECTORY_IS_DURABLE {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void beforePublish(MetadataSpace space) {}
      };
    }
  },
  NAMES_THE_DIRECTORY_BEFORE_THE_FENCE {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void publish(
            MetadataSpace space,
            UnaryOperator<Header> directory,
            UnaryOperator<Header> fence,
            Runnable freeOld) {
          space.updateHeader(directory);
          space.updateHeader(fence);
          freeOld.run();
        }
      };
    }
  },
  TAKES_IT_OUT_BEFORE_THE_FLAGS_ARE_LOWERED {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void publish(
            MetadataSpace space,
            UnaryOperator<Header> directory,
            UnaryOperator<Header> fence,
            Runnable freeOld) {
          if (FenceHeader.any(space.header())) {
            space.updateHeader(fence);
          }
          space.updateHeader(h -> fence.apply(directory.apply(h)));
          freeOld.run();
        }
      };
    }
  },
  KEEPS_THE_NONCE {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        Fence changed(Fence present, Fence next) {
          return next.withNonce(present.nonce());
        }
      };
    }
  },
  REVOKES_WITHOUT_A_FLUSH {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void revoke(MetadataSpace space) {
          space.writeHeader(FenceHeader::without);
        }
      };
    }
  },
  WRITES_THE_RECORD_AFTER_THE_FLUSH {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void flush(Runnable record, Runnable flush) {
          flush.run();
          record.run();
        }
      };
    }
  },
  FORGETS_THE_RECORD {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void flush(Runnable record, Runnable flush) {
          flush.run();
        }
      };
    }
  },
  ARMS_BESIDE_A_FENCE_THAT_NOBODY_WANTED {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void disown(MetadataSpace space) {}
      };
    }
  },
  TRUSTS_ONE_THAT_IS_SPREAD_OVER_SECTORS {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        boolean fenceInOneSector() {
          return false;
        }
      };
    }
  };

  abstract BitmapSteps steps();
}
