// What one thread of a campaign runs.

import Machine
import MachineChecks

/// A machine with a program, and what is put together of its schedules.
public struct ExplorationLane {
  /// The machine.
  public let simulated: SimulatedMachine
  /// Its program.
  public let program: SimulatedProgram
  /// A judge of the machine's locks that forgets between two schedules: what it sees in each is put
  /// together over all schedules of all lanes.  Nil for none.
  public let lockdep: Lockdep?
  /// Called after the last schedule, on the lane's thread; nil for nothing.
  public let atEnd: (() -> Void)?

  /// A lane.
  public init(
    _ simulated: SimulatedMachine, _ program: SimulatedProgram, lockdep: Lockdep? = nil,
    atEnd: (() -> Void)? = nil
  ) {
    self.simulated = simulated
    self.program = program
    self.lockdep = lockdep
    self.atEnd = atEnd
  }
}

/// Which findings end a campaign.
struct WantedFindings: Sendable {
  /// True of a finding after which no schedule is wanted.
  let isWanted: @Sendable (Finding) -> Bool

  /// True of a schedule after which none is wanted.
  func ends(_ schedule: ExploredSchedule) -> Bool { schedule.findings.contains(where: isWanted) }
}

/// What one thread found in numbers that follow one another.
struct CampaignBlock: Sendable {
  let start: UInt64
  var outcomes: [ScheduleOutcome] = []
  var found: [ExploredSchedule] = []
  /// What was seen of locks that this thread had not seen before, in the order of the numbers.
  var lockFacts: [LockFact] = []
}

/// Runs the blocks of one thread.
struct LaneRunner {
  private struct Part {
    let lane: ExplorationLane
    let explorer: Explorer
  }

  private let usual: Part
  private let judged: Part?
  private let order: LockOrder
  private let seed: UInt64
  private let wanted: WantedFindings

  /// - Parameter judged: runs those schedules that `ParallelExplorer.isJudged` names.
  init(
    _ lane: ExplorationLane, judged: ExplorationLane?, _ plan: ExplorationPlan,
    _ profile: CampaignProfile?, seed: UInt64, wanted: WantedFindings
  ) {
    func part(_ lane: ExplorationLane) -> Part {
      Part(
        lane: lane,
        explorer: Explorer(lane.simulated, plan: plan, program: lane.program, profile: profile))
    }
    usual = part(lane)
    self.judged = judged.map(part)
    order = LockOrder(lane.simulated.machine.catalog)
    self.seed = seed
    self.wanted = wanted
  }

  func run(_ numbers: Range<UInt64>) -> CampaignBlock {
    var block = CampaignBlock(start: numbers.lowerBound)
    block.outcomes.reserveCapacity(numbers.count)
    for index in numbers {
      var part = usual
      if let judged, ParallelExplorer.isJudged(index) { part = judged }
      let outcome = part.explorer.runOnly(index: index, seed: seed)
      block.outcomes.append(outcome)
      if let lockdep = part.lane.lockdep {
        block.lockFacts += order.add(lockdep.facts(ofSchedule: index))
      }
      guard let schedule = part.explorer.found(index, outcome) else { continue }
      block.found.append(schedule)
      if wanted.ends(schedule) { break }
    }
    return block
  }
}
