package io.ashlar.engine.journal.akka

import akka.persistence.CapabilityFlag
import akka.persistence.snapshot.SnapshotStoreSpec

/** Akka's own test of snapshot plugins. */
class AshlarSnapshotStoreSpec extends SnapshotStoreSpec(Journals.config) {
  private lazy val journals = new Journals

  override def beforeAll(): Unit = {
    journals.route(system)
    super.beforeAll()
  }

  override def afterAll(): Unit = {
    super.afterAll()
    journals.close()
  }

  override def supportsSerialization: CapabilityFlag = CapabilityFlag.on()
  override def supportsMetadata: CapabilityFlag = CapabilityFlag.on()
}
