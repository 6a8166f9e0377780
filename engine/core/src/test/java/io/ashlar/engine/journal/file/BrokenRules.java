package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileHandle;
import io.ashlar.spi.FileIo;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The rules of the journal, one broken at a time. Only tests have these. */
enum BrokenRules implements JournalRules {
  CHECKSUM_NOT_CHECKED {
    @Override
    public boolean checksumHolds(int stored, int computed) {
      return true;
    }
  },
  CHAIN_NOT_CHECKED {
    @Override
    public boolean chainHolds(int stored, int previous) {
      return true;
    }
  },
  NUMBERS_NOT_CHECKED {
    @Override
    public boolean numberHolds(long stored, long expected) {
      return true;
    }
  },
  NOT_LOOKED_BEHIND_THE_END {
    @Override
    public boolean mayEnd(boolean goodFrameFollows) {
      return true;
    }
  },
  GOES_ON_REGARDLESS {
    @Override
    public boolean mayGoOn(boolean asItWasLeft) {
      return true;
    }
  },
  NO_MARK {
    @Override
    public void mark(FileHandle handle, long offset, ByteBuffer mark) {}
  },
  NOT_FLUSHED {
    @Override
    public void settle(FileHandle handle) {}
  },
  RENAMED_BEFORE_FLUSH {
    @Override
    public void publish(FileIo files, FileHandle written, Path from, Path to) {
      files.rename(from, to);
      files.syncDirectory(to.getParent());
      written.flush();
    }
  },
  DIRECTORY_NOT_FLUSHED {
    @Override
    public void publish(FileIo files, FileHandle written, Path from, Path to) {
      written.flush();
      files.rename(from, to);
    }
  }
}
