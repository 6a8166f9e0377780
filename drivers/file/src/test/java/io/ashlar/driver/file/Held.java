package io.ashlar.driver.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.fileio.LinuxFileIo;
import io.ashlar.spi.BlockException;
import io.ashlar.spi.BlockNode;
import io.ashlar.spi.ErrorCode;
import io.ashlar.spi.FileIo;
import io.ashlar.spi.OpenFile;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import io.ashlar.spi.contract.TestHost;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * What tests of locks share: the permissions of known users, and a look at the bytes from outside.
 */
final class Held {
  private static final int READ = Permissions.mask(Permission.CONSISTENT_READ);

  /** A qcow2 node that writes. */
  static final Permissions WRITER =
      new Permissions(
          READ | Permissions.mask(Permission.WRITE, Permission.RESIZE),
          Permissions.ALL & ~Permissions.mask(Permission.WRITE, Permission.RESIZE));

  /** A qcow2 node that reads. */
  static final Permissions READER =
      new Permissions(
          READ, Permissions.ALL & ~Permissions.mask(Permission.WRITE, Permission.RESIZE));

  private Held() {}

  /** A host that opens as a qcow2 node would. */
  static TestHost host(boolean readOnly) {
    return TestHost.create()
        .fileIo(new LinuxFileIo())
        .readOnly(readOnly)
        .permissions(readOnly ? READER : WRITER);
  }

  static BlockNode open(TestHost host, Path path) {
    return host.open(new FileDriver(), Map.of("filename", path.toString()));
  }

  /** The bytes from 100 to 203 that anybody holds. */
  static Set<Integer> bytes(Path path) {
    Set<Integer> held = new TreeSet<>();
    try (OpenFile file = new LinuxFileIo().open(path, FileIo.Access.READ_ONLY)) {
      for (int at = 100; at < 204; at++) {
        if (!file.couldLock(at, 1, OpenFile.LockType.WRITE)) {
          held.add(at);
        }
      }
    }
    return held;
  }

  static BlockException refused(ErrorCode code, ThrowingCallable call) {
    try {
      call.call();
    } catch (BlockException e) {
      assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
      return e;
    } catch (Throwable e) {
      throw new AssertionError("not " + e, e);
    }
    throw new AssertionError("expected " + code);
  }
}
