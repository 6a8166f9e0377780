package io.ashlar.driver.qcow2;

import org.junit.jupiter.api.Nested;

/** The contract of all drivers, over cluster sizes, versions and refcount widths. */
class Qcow2ContractTest {
  @Nested
  class Clusters64KiB extends Qcow2Contract {
    Clusters64KiB() {
      super(65536, "v3", 16);
    }
  }

  @Nested
  class Clusters64KiBVersion2 extends Qcow2Contract {
    Clusters64KiBVersion2() {
      super(65536, "v2", 16);
    }
  }

  @Nested
  class Clusters512 extends Qcow2Contract {
    Clusters512() {
      super(512, "v3", 64);
    }
  }

  @Nested
  class Clusters512Version2 extends Qcow2Contract {
    Clusters512Version2() {
      super(512, "v2", 16);
    }
  }

  @Nested
  class Clusters4KiB extends Qcow2Contract {
    Clusters4KiB() {
      super(4096, "v3", 1);
    }
  }

  @Nested
  class Clusters4KiBVersion2 extends Qcow2Contract {
    Clusters4KiBVersion2() {
      super(4096, "v2", 16);
    }
  }

  @Nested
  class Clusters2MiB extends Qcow2Contract {
    Clusters2MiB() {
      super(2 << 20, "v3", 1);
    }
  }

  @Nested
  class Clusters2MiBVersion2 extends Qcow2Contract {
    Clusters2MiBVersion2() {
      super(2 << 20, "v2", 16);
    }
  }
}
