package io.ashlar.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.ashlar.spi.BlockNode;
import io.ashlar.spi.Permission;
import io.ashlar.spi.Permissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One disk under test: its host, its options, and the node that is open on it now. */
final class Subject implements AutoCloseable {
  private final ContractBase contract;
  private final TestHost host;
  private final Map<String, ?> options;
  private BlockNode node;

  Subject(ContractBase contract, TestHost host, Map<String, ?> options) {
    this.contract = contract;
    this.host = host;
    this.options = options;
    this.node = host.open(contract.driver(), options);
  }

  TestHost host() {
    return host;
  }

  BlockNode node() {
    return node;
  }

  TestReopen change() {
    return host.reopen(contract.driver(), node).options(options);
  }

  /** Closes the node and opens it anew on the same disk. */
  void openAgain(boolean readOnly) {
    node.close();
    int used = Permissions.mask(Permission.CONSISTENT_READ);
    if (!readOnly) {
      used |= Permissions.mask(Permission.WRITE, Permission.RESIZE);
    }
    host.readOnly(readOnly).permissions(new Permissions(used, Permissions.ALL));
    node = host.open(contract.driver(), options);
  }

  /** Forgets the node without closing it and opens one on what a power cut would have left. */
  void openAfterCrash() {
    for (TestChild child : host.children.values()) {
      if (child.target() instanceof MemoryNode memory) {
        child.swap(memory.crashed());
      }
    }
    node = host.open(contract.driver(), options);
  }

  /** Whether what a crash leaves can be simulated: all storage is in memory. */
  boolean canCrash() {
    return !memories().isEmpty() && memories().size() == host.children.size();
  }

  boolean hasBacking() {
    return host.children.containsKey("backing");
  }

  List<MemoryNode> memories() {
    List<MemoryNode> found = new ArrayList<>();
    for (TestChild child : host.children.values()) {
      if (child.target() instanceof MemoryNode memory) {
        found.add(memory);
      }
    }
    return found;
  }

  /** The host offset of a status must lead to these bytes in the storage child. */
  void assertStored(long hostOffset, byte[] content) {
    TestChild file = host.children.get("file");
    if (file != null && file.target() instanceof MemoryNode memory) {
      assertThat(Arrays.mismatch(memory.get(hostOffset, content.length), content))
          .as("first difference between the node and its storage at host offset %d", hostOffset)
          .isEqualTo(-1);
    }
  }

  @Override
  public void close() {
    node.close();
  }
}
