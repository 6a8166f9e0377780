package akka.persistence

import akka.actor.{ActorRef, ActorSystem}
import akka.persistence.JournalProtocol._
import akka.persistence.SnapshotProtocol._
import akka.testkit.TestProbe
import scala.concurrent.duration._

/**
 * Says to journal and snapshot plugins what a persistent actor says to them. It stands in Akka's package because Akka shows
 * this protocol to nobody else; its own plugin tests do the same.
 */
final class PluginProbe(system: ActorSystem, journalPlugin: String, snapshotPlugin: String) {
  private val probe = TestProbe()(system)
  private val events: ActorRef = Persistence(system).journalFor(journalPlugin)
  private val snapshots: ActorRef = Persistence(system).snapshotStoreFor(snapshotPlugin)
  private val patience = 20.seconds

  /** For each event whether it is stored now; payloads are "ID-NUMBER". */
  def write(id: String, from: Int, to: Int): Seq[Boolean] = {
    val writes = (from to to).map(i => AtomicWrite(PersistentRepr(s"$id-$i", i, id, writerUuid = "w")))
    events ! WriteMessages(writes, probe.ref, 1)
    probe.receiveN(writes.size + 1, patience).tail.map {
      case _: WriteMessageSuccess => true
      case _: WriteMessageFailure => false
    }
  }

  /** For each event of so many bytes whether it is stored, or why it was rejected. */
  def writeLong(id: String, first: Int, lengths: Int*): Seq[Either[Throwable, Int]] = {
    val writes = lengths.zipWithIndex.map { case (length, i) =>
      AtomicWrite(PersistentRepr("x" * length, first + i, id, writerUuid = "w"))
    }
    events ! WriteMessages(writes, probe.ref, 1)
    probe.receiveN(writes.size + 1, patience).tail.map {
      case WriteMessageSuccess(event, _) => Right(event.payload.asInstanceOf[String].length)
      case WriteMessageRejected(_, reason, _) => Left(reason)
      case other => throw new AssertionError(s"instead of an answer: $other")
    }
  }

  def delete(id: String, to: Long): Unit = {
    events ! DeleteMessagesTo(id, to, probe.ref)
    probe.expectMsg(patience, DeleteMessagesSuccess(to))
  }

  /** The payloads and the highest sequence number. */
  def replay(id: String): (Seq[Any], Long) = {
    events ! ReplayMessages(0, Long.MaxValue, Long.MaxValue, id, probe.ref)
    val found = Vector.newBuilder[Any]
    var highest = -1L
    while (highest < 0) probe.receiveOne(patience) match {
      case ReplayedMessage(event) => found += event.payload
      case RecoverySuccess(number) => highest = number
      case other => throw new AssertionError(s"instead of a replay: $other")
    }
    (found.result(), highest)
  }

  def save(id: String, at: Long, state: String): SnapshotMetadata = {
    snapshots.tell(SaveSnapshot(SnapshotMetadata(id, at), state), probe.ref)
    probe.expectMsgType[SaveSnapshotSuccess](patience).metadata
  }

  def drop(metadata: SnapshotMetadata): Unit = {
    snapshots.tell(DeleteSnapshot(metadata), probe.ref)
    probe.expectMsgType[DeleteSnapshotSuccess](patience)
  }

  def load(id: String): Option[Any] = {
    snapshots.tell(LoadSnapshot(id, SnapshotSelectionCriteria.Latest, Long.MaxValue), probe.ref)
    probe.expectMsgType[LoadSnapshotResult](patience).snapshot.map(_.snapshot)
  }
}
