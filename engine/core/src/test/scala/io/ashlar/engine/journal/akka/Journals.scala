package io.ashlar.engine.journal.akka

import akka.actor.ActorSystem
import com.typesafe.config.{Config, ConfigFactory}
import io.ashlar.engine.journal.file._
import io.ashlar.fileio.LinuxFileIo
import io.ashlar.spi.system.{SystemClock, SystemWaits}
import java.nio.file.{Files, Path}
import java.util.UUID
import java.util.concurrent.{ExecutorService, Executors, TimeUnit}

/** A journal in a directory of its own, and an actor system's settings for it. */
final class Journals {
  private val directory: Path = Files.createTempDirectory("journal")
  private val executor: ExecutorService = Executors.newFixedThreadPool(2)
  private val environment =
    new JournalEnvironment(new LinuxFileIo, SystemWaits.INSTANCE, SystemClock.INSTANCE, executor)
  private val identity = new JournalIdentity(UUID.randomUUID(), UUID.randomUUID())
  private val path = directory.resolve("disk.qcow2.ashlar-journal")
  private val journal =
    ActorJournal.create(environment, path, identity, JournalSettings.STANDARD, () => _ => true)

  def route(system: ActorSystem): Unit = JournalFiles.get(system).route("", journal)

  def close(): Unit = {
    journal.close()
    executor.shutdown()
    executor.awaitTermination(10, TimeUnit.SECONDS)
    Files.delete(path)
    Files.delete(directory)
  }
}

object Journals {
  val config: Config = ConfigFactory
    .parseString("""
      akka.persistence.journal.plugin = "ashlar.journal"
      akka.persistence.snapshot-store.plugin = "ashlar.snapshot"
      akka.actor.allow-java-serialization = off
      akka.actor.warn-about-java-serializer-usage = off
      akka.loglevel = WARNING
      """)
    .withFallback(ConfigFactory.load())
}
