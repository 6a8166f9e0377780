package io.ashlar.driver.qcow2;

import java.util.function.UnaryOperator;

/** Each rule of {@link BitmapSteps} broken in turn, some as QEMU 10.0.2 breaks them. */
enum BrokenBitmapSteps {
  PUBLISHES_WITHOUT_A_FLUSH_BEFORE {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void beforePublish(MetadataSpace space) {}
      };
    }
  },
  FREES_THE_OLD_BEFORE_THE_HEADER_IS_CONFIRMED {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void publish(
            MetadataSpace space,
            UnaryOperator<Header> directory,
            UnaryOperator<Header> fence,
            Runnable freeOld) {
          freeOld.run();
          space.updateHeader(h -> fence.apply(directory.apply(h)));
        }
      };
    }
  },
  FREES_THE_NEW_WHEN_THE_PUBLISH_FAILED {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void publishFailed(Runnable freeNew) {
          freeNew.run();
        }
      };
    }
  },
  BUILDS_ON_THE_OLD_WITHOUT_WRITING_THE_HEADER_AGAIN {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void settle(Runnable header, Runnable freeNew) {
          freeNew.run();
        }
      };
    }
  },
  ARMS_WITHOUT_A_FLUSH {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void arm(MetadataSpace space, Runnable flags) {
          flags.run();
        }
      };
    }
  },
  TRUSTS_FLAGS_THAT_A_FAILED_ARMING_WROTE {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        boolean armAgainAfterFailure() {
          return false;
        }
      };
    }
  },
  TAKES_THE_AUTOCLEAR_BIT_AWAY_WHILE_IT_ARMS {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        void arm(MetadataSpace space, Runnable flags) {
          BitmapsExtension place = space.header().bitmaps().orElseThrow();
          space.updateHeader(h -> h.withBitmaps(null));
          flags.run();
          space.updateHeader(h -> h.withBitmaps(place));
        }
      };
    }
  },
  FREES_WHAT_AN_UNREAD_TABLE_NAMES {
    @Override
    BitmapSteps steps() {
      return new BitmapSteps() {
        @Override
        boolean verifyUnread() {
          return false;
        }
      };
    }
  };

  abstract BitmapSteps steps();
}
