package io.ashlar.engine.bitmap.bits

import io.ashlar.engine.bitmap.bits.RecordingModel._
import org.scalatest.funsuite.AnyFunSuite
import org.scalatest.matchers.should.Matchers

/** The recording protocol loses no bit, and each of its rules is needed. */
class RecordingModelSpec extends AnyFunSuite with Matchers {
  private val readBits = Vector(ReadBit(0), ReadBit(1))
  private val capture = SwapHot +: readBits :+ CaptureDurable
  private val clear = Vector(NewGeneration, SwapHot, Grace) ++ readBits ++ Vector(ClearDurable, Reply)
  private val carrying = Vector(DecideCarry, SwapHotCarrying) ++ readBits :+ CarryDurable

  private def sound(name: String, leastStates: Int, program: Vector[Step]): Unit =
    test(s"sound: $name") {
      val outcome = explore(program)
      outcome.violation shouldBe None
      // A model that explores little proves little.
      outcome.states should be >= leastStates
    }

  private def caught(name: String, program: Vector[Step], mutations: Mutation*): Unit =
    test(s"caught: $name") {
      explore(program, mutations: _*).violation shouldBe defined
    }

  sound("capture, clear, capture", 100000, capture ++ clear ++ capture)
  sound("clear, clear", 100000, clear ++ clear)
  sound(
    "clear that restarts the hot set before the generation",
    100000,
    Vector(SwapHot, NewGeneration, Grace) ++ readBits ++ Vector(ClearDurable, Reply) ++ capture
  )
  sound("captures that carry regions still in use", 100000, carrying ++ clear ++ carrying)

  caught("writer tests hot before it sets the bit", capture ++ capture, HotTestedBeforeBit)
  caught("finished heat marks the current hot set", capture ++ capture, HeatMarksCurrentSet)
  caught("capture reads bits and then restarts the hot set", readBits ++ Vector(SwapHot, CaptureDurable))
  caught(
    "clear without waiting for the old counter",
    Vector(NewGeneration, SwapHot) ++ readBits ++ Vector(ClearDurable, Reply)
  )
  caught("no second set at completion", clear, NoSecondSetAtCompletion)
  caught(
    "clear keeps the hot set and counts heats from its log position",
    Vector(NewGeneration, Grace) ++ readBits ++ Vector(ClearAtLogPosition, Reply)
  )
  caught("carried regions are not recorded in the capture", carrying ++ carrying, CarriedNotRecorded)
}
