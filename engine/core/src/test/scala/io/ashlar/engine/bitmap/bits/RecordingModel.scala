package io.ashlar.engine.bitmap.bits

import scala.collection.mutable

/** Every interleaving, with a crash in every state, of writers against a controller that captures and clears.
  *
  * Two granules of one region. A writer does the steps of `Recording.begin` and `end`; a crash leaves the last durable
  * capture and the heats that count since it. In every state both what survives and what is in memory must cover every
  * granule whose write has reached the disk.
  */
object RecordingModel {

  /** What a broken writer or controller does differently. */
  sealed trait Mutation
  case object HotTestedBeforeBit extends Mutation
  case object HeatMarksCurrentSet extends Mutation
  case object NoSecondSetAtCompletion extends Mutation
  case object CarriedNotRecorded extends Mutation

  /** Steps of the controller, each one atomic. */
  sealed trait Step
  case object SwapHot extends Step
  case class ReadBit(granule: Int) extends Step
  case object CaptureDurable extends Step
  case object NewGeneration extends Step
  case object Grace extends Step
  case object ClearDurable extends Step
  case object ClearAtLogPosition extends Step
  case object Reply extends Step
  case object DecideCarry extends Step
  case object SwapHotCarrying extends Step
  case object CarryDurable extends Step

  /** Steps of a writer. */
  sealed trait At
  case object ReadGeneration extends At
  case object EnterCounter extends At
  case object ReadAgain extends At
  case object SetBit extends At
  case object TestHot extends At
  case object MakeDurable extends At
  case object MarkHot extends At
  case object DriverCall extends At
  case object Complete extends At
  case object Leave extends At

  case class Writer(at: At, write: Int, generation: Int, hotSeen: Int)

  case class State(
      epoch: Int,
      hot: Set[Int],
      generation: Int,
      bits: Set[(Int, Int)],
      even: Int,
      odd: Int,
      heats: Set[Int],
      captured: Set[Int],
      from: Int,
      truth: Set[(Int, Int)],
      writers: Vector[Writer],
      step: Int,
      carry: Boolean,
      read: Set[Int]
  ) {
    def inside(parity: Int): Int = if (parity == 0) even else odd
    def enter(parity: Int, by: Int): State = if (parity == 0) copy(even = even + by) else copy(odd = odd + by)
  }

  /** How a search ended: states seen, and the first state that lost a granule. */
  case class Outcome(states: Int, violation: Option[State])

  private val granules = Vector(Vector(0, 1), Vector(1, 0))

  def explore(program: Vector[Step], mutations: Mutation*): Outcome = new Search(program, mutations.toSet).run()

  private class Search(program: Vector[Step], mutations: Set[Mutation]) {

    def run(): Outcome = {
      val idle = Writer(ReadGeneration, 0, -1, -1)
      val first =
        State(0, Set.empty, 0, Set.empty, 0, 0, Set.empty, Set.empty, 0, Set.empty, granules.map(_ => idle), 0, false, Set.empty)
      val seen = mutable.HashSet(first)
      val open = mutable.Stack(first)
      while (open.nonEmpty) {
        val state = open.pop()
        if (lost(state)) return Outcome(seen.size, Some(state))
        for (next <- granules.indices.flatMap(writerStep(state, _)) ++ controlStep(state)) if (seen.add(next)) open.push(next)
      }
      Outcome(seen.size, None)
    }

    private def lost(s: State): Boolean = {
      val survives = if (s.heats.exists(_ >= s.from)) Set(0, 1) else s.captured
      val done = program.take(s.step)
      val inClear = done.count(_ == NewGeneration) > done.count(d => d == ClearDurable || d == ClearAtLogPosition)
      val memory = s.bits.collect { case (g, b) if g == s.generation || inClear && g == s.generation - 1 => b }
      val truth = s.truth.map(_._1)
      !truth.subsetOf(survives) || !truth.subsetOf(memory)
    }

    private def writerStep(s: State, i: Int): Option[State] = {
      val w = s.writers(i)
      if (w.write >= granules(i).size) return None
      val granule = granules(i)(w.write)
      val parity = w.generation & 1
      def to(at: At, in: State = s): State = in.copy(writers = in.writers.updated(i, w.copy(at = at)))
      val testFirst = mutations(HotTestedBeforeBit)
      val afterHot = if (testFirst) SetBit else DriverCall
      Some(w.at match {
        case ReadGeneration => s.copy(writers = s.writers.updated(i, w.copy(at = EnterCounter, generation = s.generation)))
        case EnterCounter   => to(ReadAgain, s.enter(parity, 1))
        case ReadAgain =>
          if (s.generation != w.generation) to(ReadGeneration, s.enter(parity, -1)) else to(if (testFirst) TestHot else SetBit)
        case SetBit => to(if (testFirst) DriverCall else TestHot, s.copy(bits = s.bits + (w.generation -> granule)))
        case TestHot =>
          val next = if (s.hot(s.epoch)) afterHot else MakeDurable
          s.copy(writers = s.writers.updated(i, w.copy(at = next, hotSeen = s.epoch)))
        case MakeDurable => to(MarkHot, s.copy(heats = s.heats + w.hotSeen))
        case MarkHot =>
          to(afterHot, s.copy(hot = s.hot + (if (mutations(HeatMarksCurrentSet)) s.epoch else w.hotSeen)))
        case DriverCall => to(Complete, s.copy(truth = s.truth + (granule -> s.generation)))
        case Complete =>
          val again = if (mutations(NoSecondSetAtCompletion)) s.bits else s.bits + (s.generation -> granule)
          to(Leave, s.copy(bits = again))
        case Leave =>
          val in = s.enter(parity, -1)
          in.copy(writers = in.writers.updated(i, Writer(ReadGeneration, w.write + 1, -1, -1)))
      })
    }

    private def controlStep(s: State): Option[State] = {
      if (s.step >= program.size) return None
      val n = s.copy(step = s.step + 1)
      def emptied: Set[(Int, Int)] = s.truth.filter(_._2 >= s.generation)
      program(s.step) match {
        case SwapHot     => Some(n.copy(epoch = s.epoch + 1))
        case ReadBit(b)  => Some(if (s.bits(s.generation -> b)) n.copy(read = s.read + b) else n)
        case CaptureDurable => Some(n.copy(captured = s.read, from = s.epoch, read = Set.empty))
        case NewGeneration  => Some(n.copy(generation = s.generation + 1))
        case Grace          => Option.when(s.inside((s.generation - 1) & 1) == 0)(n)
        case ClearDurable =>
          Some(n.copy(captured = s.read, from = s.epoch, read = Set.empty, truth = emptied))
        case ClearAtLogPosition =>
          Some(n.copy(captured = s.read, heats = Set.empty, read = Set.empty, truth = emptied))
        case Reply       => Some(n)
        case DecideCarry => Some(n.copy(carry = s.hot(s.epoch)))
        case SwapHotCarrying =>
          Some(n.copy(epoch = s.epoch + 1, hot = if (s.carry) s.hot + (s.epoch + 1) else s.hot))
        case CarryDurable =>
          val recorded = s.carry && !mutations(CarriedNotRecorded)
          Some(
            n.copy(
              captured = s.read,
              from = s.epoch,
              heats = if (recorded) s.heats + s.epoch else s.heats,
              carry = false,
              read = Set.empty
            )
          )
      }
    }
  }
}
