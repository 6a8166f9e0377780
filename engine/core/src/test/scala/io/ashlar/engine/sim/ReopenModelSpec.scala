package io.ashlar.engine.sim

import io.ashlar.engine.sim.Histories.Trouble
import org.scalacheck.Gen
import org.scalacheck.Prop
import org.scalacheck.Shrink
import org.scalacheck.Test.{Parameters, check}
import org.scalacheck.rng.Seed
import org.scalacheck.util.Pretty
import org.scalatest.funsuite.AnyFunSuite

import scala.jdk.CollectionConverters._

/**
 * Random graphs of up to 12 nodes, random commands on them, and everything going wrong that can, against the real actors.
 * After each history the rules of [[Rules]] hold, and at every write and flush of it no crash could leave a bitmap that
 * loads as valid and misses a write. A failing history is shrunk and printed with its seed.
 *
 * `ashlar.sim.runs` is the number of histories (20,000), ten times as many with `ashlar.long`; `ashlar.sim.seed` where
 * they begin.
 */
class ReopenModelSpec extends AnyFunSuite {
  private val runs =
    Integer.getInteger("ashlar.sim.runs", 20000) * (if (java.lang.Boolean.getBoolean("ashlar.long")) 10 else 1)
  private val base = java.lang.Long.getLong("ashlar.sim.seed", 1L).longValue

  private implicit val shrink: Shrink[History] =
    Shrink.withLazyList(history => history.simpler.asScala.to(LazyList))

  private def holds(name: String, trouble: Trouble, percent: Int): Unit =
    test(name) {
      val count = math.max(1, runs / 100 * percent)
      val histories = Gen.long.map(seed => Histories.of(seed, trouble))
      val parameters = Parameters.default
        .withMinSuccessfulTests(count)
        .withInitialSeed(Seed(base + trouble.ordinal))
      val property = Prop.forAll(histories) { history =>
        val outcome = Runner.run(history)
        Prop(outcome.good) :| outcome.violations.asScala.mkString("\n")
      }
      val result = check(parameters, property)
      assert(result.passed, s"seed $base: " + Pretty.pretty(result, Pretty.Params(2)))
    }

  holds("changes, bitmap commands and guests in any order", Trouble.NONE, 15)
  holds("drivers that refuse, throw, or fail after the effect", Trouble.FAULTS, 25)
  holds("a disk that fails while bitmaps are stored and armed", Trouble.STORE, 10)
  holds("drivers that answer long after everybody's patience", Trouble.LATE, 15)
  holds("actors that die at any message", Trouble.DEATHS, 15)
  holds("journals that fail, hang, or cannot be opened", Trouble.JOURNAL, 10)
  holds("time that passes while everybody still works", Trouble.HURRY, 10)
}
