package io.ashlar.engine.journal.akka

import _root_.akka.actor.ActorSystem
import _root_.akka.persistence.PluginProbe
import io.ashlar.engine.journal.file._
import io.ashlar.spi.contract.{ManualClock, MemoryFileIo}
import io.ashlar.spi.system.SystemWaits
import io.ashlar.spi.{BlockException, ErrorCode, Operation}
import java.nio.file.{Path, Paths}
import java.util.UUID
import java.util.concurrent.Executors
import org.scalatest.BeforeAndAfterAll
import org.scalatest.funsuite.AnyFunSuite
import org.scalatest.matchers.should.Matchers
import scala.concurrent.Await
import scala.concurrent.duration._

/** What Akka's tests do not look at: another life of the journal, routes, failures of the disk. */
class JournalReopenSpec extends AnyFunSuite with Matchers with BeforeAndAfterAll {
  private val path: Path = Paths.get("/images/disk.qcow2.ashlar-journal")
  private val identity = new JournalIdentity(new UUID(1, 2), new UUID(3, 4))
  private val executor = Executors.newFixedThreadPool(2)

  override def afterAll(): Unit = executor.shutdownNow()

  /** Files that outlive engines. */
  private final class Disk {
    val files = new MemoryFileIo

    def create(): ActorJournal =
      ActorJournal.create(environment, path, identity, JournalSettings.STANDARD, () => _ => true)

    def open(): ActorJournal =
      ActorJournal.open(
        environment,
        path,
        JournalExpectation.of(identity),
        JournalSettings.STANDARD,
        () => _ => true,
        _ => ()
      )

    private def environment =
      new JournalEnvironment(files, SystemWaits.INSTANCE, new ManualClock, executor)
  }

  /** An actor system over a journal. */
  private final class Life(journal: ActorJournal, prefix: String = "") {
    val system: ActorSystem = ActorSystem("life", Journals.config)
    JournalFiles.get(system).route(prefix, journal)
    val actor = new PluginProbe(system, JournalFiles.JOURNAL_PLUGIN, JournalFiles.SNAPSHOT_PLUGIN)

    def end(): Unit = {
      Await.result(system.terminate(), 20.seconds)
      journal.close()
    }
  }

  test("events, deletions and snapshots outlive the engine, also through a compaction") {
    for (compacted <- Seq(false, true)) {
      val disk = new Disk
      val journal = disk.create()
      val first = new Life(journal)
      first.actor.write("a", 1, 5) shouldBe Seq.fill(5)(true)
      first.actor.write("b", 1, 3)
      first.actor.delete("a", 3)
      first.actor.delete("b", Long.MaxValue)
      val old = first.actor.save("a", 2, "old")
      first.actor.save("a", 4, "new")
      first.actor.save("a", 4, "newer")
      first.actor.drop(old)
      if (compacted) {
        val before = journal.journal.statistics
        journal.compact()
        journal.journal.statistics.used should be < before.used
      }
      first.end()

      val second = new Life(disk.open())
      second.actor.replay("a") shouldBe ((Vector("a-4", "a-5"), 5))
      // The mark survives the events.
      second.actor.replay("b") shouldBe ((Vector(), 3))
      second.actor.load("a") shouldBe Some("newer")
      second.actor.load("b") shouldBe None
      second.actor.write("a", 6, 6)
      second.actor.write("b", 4, 4)
      second.actor.replay("b") shouldBe ((Vector("b-4"), 4))
      second.end()

      val third = new Life(disk.open())
      third.actor.replay("a") shouldBe ((Vector("a-4", "a-5", "a-6"), 6))
      third.end()
    }
  }

  test("the file is written anew when most of it is forgotten") {
    val disk = new Disk
    val journal = disk.create()
    val life = new Life(journal)
    for (i <- 0 until 70) {
      life.actor.write("a", 1 + i * 200, 200 + i * 200)
      life.actor.save("a", 200 + i * 200, "x" * 100000)
      life.actor.delete("a", 200 + i * 200)
    }
    journal.journal.statistics.compactions should be > 0L
    life.actor.replay("a") shouldBe ((Vector(), 14000))
    life.actor.load("a") shouldBe Some("x" * 100000)
    life.end()
  }

  test("each persistence id goes to the file of its longest prefix") {
    val (left, right) = (new Disk, new Disk)
    val (leftJournal, rightJournal) = (left.create(), right.create())
    val life = new Life(leftJournal, "bitmaps-1")
    JournalFiles.get(life.system).route("bitmaps-12", rightJournal)
    life.actor.write("bitmaps-1", 1, 1)
    life.actor.write("bitmaps-11", 1, 2)
    life.actor.write("bitmaps-123", 1, 3)
    leftJournal.journal.statistics.records shouldBe 3
    rightJournal.journal.statistics.records shouldBe 3
    val refused = intercept[BlockException](JournalFiles.get(life.system).route("bitmaps-12", leftJournal))
    refused.code shouldBe ErrorCode.INVALID_REQUEST
    life.actor.write("other", 1, 1) shouldBe Seq(false)
    JournalFiles.get(life.system).unroute("bitmaps-12")
    life.actor.write("bitmaps-12", 1, 1)
    leftJournal.journal.statistics.records shouldBe 4
    life.end()
    rightJournal.close()
  }

  test("a failed flush fails the persist and all after it, and the events before it are there") {
    val disk = new Disk
    val journal = disk.create()
    val life = new Life(journal)
    life.actor.write("a", 1, 2)
    disk.files.faults.failOnce(Operation.FLUSH, 1, ErrorCode.IO_ERROR)
    life.actor.write("a", 3, 3) shouldBe Seq(false)
    life.actor.write("a", 4, 4) shouldBe Seq(false)
    journal.journal.failure.isPresent shouldBe true
    life.end()
    val next = new Life(disk.open())
    val (events, highest) = next.actor.replay("a")
    events.take(2) shouldBe Vector("a-1", "a-2")
    highest shouldBe events.size
    events.size should be <= 3
    next.end()
  }

  test("two actors under one id do not both write") {
    val disk = new Disk
    val life = new Life(disk.create())
    life.actor.write("a", 1, 3)
    life.actor.write("a", 3, 4) shouldBe Seq(false, false)
    life.actor.replay("a") shouldBe ((Vector("a-1", "a-2", "a-3"), 3))
    life.end()
  }

  test("events too large for a journal are rejected, and large ones are written one after the other") {
    val disk = new Disk
    val life = new Life(disk.create())
    val answers = life.actor.writeLong("a", 1, 10000000, 17000000, 9000000, 5)
    answers.map(_.toOption) shouldBe Seq(Some(10000000), None, Some(9000000), Some(5))
    answers(1).left.map(_.getMessage).swap.toOption.get should include("takes at once")
    val (events, highest) = life.actor.replay("a")
    events.map(_.asInstanceOf[String].length) shouldBe Seq(10000000, 9000000, 5)
    highest shouldBe 4
    life.end()
  }

  test("records can be read without an actor system") {
    val disk = new Disk
    val life = new Life(disk.create())
    life.actor.write("a", 1, 2)
    life.actor.save("a", 2, "state")
    var events = Vector.empty[(String, Long, String)]
    var states = Vector.empty[String]
    // While it is open, and changing nothing.
    JournalReader.read(
      disk.files,
      path,
      found =>
        found.`type` match {
          case RecordTypes.EVENT =>
            val event = StoredEvent.decode(found)
            events :+= ((event.persistenceId, event.sequenceNr, new String(event.event.bytes)))
          case RecordTypes.SNAPSHOT =>
            states :+= new String(StoredSnapshot.decode(found).state.bytes)
          case _ =>
        }
    )
    events shouldBe Vector(("a", 1, "a-1"), ("a", 2, "a-2"))
    states shouldBe Vector("state")
    life.end()
  }
}
