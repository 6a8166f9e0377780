package io.ashlar.engine.journal.akka

import akka.persistence.CapabilityFlag
import akka.persistence.journal.JournalSpec

/** Akka's own test of journal plugins. */
class AshlarJournalSpec extends JournalSpec(Journals.config) {
  private lazy val journals = new Journals

  override def beforeAll(): Unit = {
    journals.route(system)
    super.beforeAll()
  }

  override def afterAll(): Unit = {
    super.afterAll()
    journals.close()
  }

  override def supportsRejectingNonSerializableObjects: CapabilityFlag = CapabilityFlag.on()
  override def supportsSerialization: CapabilityFlag = CapabilityFlag.on()
  override def supportsMetadata: CapabilityFlag = CapabilityFlag.on()
}
