// One campaign on several threads, each with a machine of its own.
//
// Threads take numbers of schedules in blocks; results are added in the order of the numbers.  So a
// campaign of so many schedules, or up to its first finding, comes to the same on any number of
// threads.

import Machine

/// Explores the schedules of one program on several threads.
public struct ParallelExplorer: Sendable {
  /// Makes a machine with a program; called once on each thread.
  public typealias Maker = @Sendable () throws -> (SimulatedMachine, SimulatedProgram)
  /// Makes what a thread runs; called once on each thread.
  public typealias LaneMaker = @Sendable () throws -> ExplorationLane

  private static var blockSize: UInt64 { 64 }

  private let plan: ExplorationPlan
  private let threads: Int
  private let profile: CampaignProfile?
  private let makeLane: LaneMaker
  private let makeJudged: LaneMaker?

  /// An explorer on `threads` threads, 1 ... 1024.
  ///
  /// - Parameters:
  ///   - profile: as for `Explorer`.
  ///   - make: makes equal machines and programs that share nothing.
  public init(
    _ plan: ExplorationPlan, threads: Int, profile: CampaignProfile? = nil, make: @escaping Maker
  ) {
    self.init(
      plan,
      lanes: {
        let (simulated, program) = try make()
        return ExplorationLane(simulated, program)
      }, threads: threads, profile: profile)
  }

  /// The same with lanes, equal ones that share nothing.
  ///
  /// - Parameter judged: lanes of the same program with judges for which there is no time in every
  ///   schedule; one schedule in `judgedOneIn` runs there.
  public init(
    _ plan: ExplorationPlan, lanes: @escaping LaneMaker, judged: LaneMaker? = nil, threads: Int,
    profile: CampaignProfile? = nil
  ) {
    precondition((1...1024).contains(threads), "an exploration has 1 to 1024 threads")
    self.plan = plan
    self.threads = threads
    self.profile = profile
    makeLane = lanes
    makeJudged = judged
  }

  /// The share of the schedules that lanes of their own judge.  It has no divisor in common with
  /// the arms of a plan, so that all of them have their turn.
  public static var judgedOneIn: UInt64 { 31 }

  /// True of a schedule that a lane of its own judges, if there is one.
  public static func isJudged(_ index: UInt64) -> Bool { index % judgedOneIn == judgedOneIn - 1 }

  /// Runs schedules `0 ..< count` of campaign `seed`; throws what `make` throws.
  ///
  /// - Parameters:
  ///   - stopAtFirst: true to end with the first schedule that finds something that is wanted, by
  ///     itself or by what it adds to the order of locks.
  ///   - isWanted: of findings.
  ///   - isOver: asked from time to time on each thread; true ends the campaign early, with all
  ///     schedules up to some number.
  ///   - progress: told what the campaign came to so far, now on this thread, now on that, never on
  ///     two at once.
  public func explore(
    schedules count: UInt64, seed: UInt64, stopAtFirst: Bool = false,
    isWanted: @escaping @Sendable (Finding) -> Bool = { _ in true },
    isOver: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (CampaignOutcome) -> Void = { _ in }
  ) throws -> CampaignOutcome {
    let wanted = WantedFindings(isWanted: { stopAtFirst && isWanted($0) })
    let merge = CampaignMerge(count: count, wanted: wanted, progress: progress)
    let (plan, profile, makeLane, makeJudged) = (plan, profile, makeLane, makeJudged)
    runSideBySide(threads) { _ in
      do {
        let lane = try makeLane()
        let judged = try makeJudged?()
        let runner = LaneRunner(
          lane, judged: judged, plan, profile, seed: seed, wanted: wanted)
        while !isOver(), let numbers = merge.nextBlock(Self.blockSize) {
          merge.add(runner.run(numbers), lane.simulated.machine.catalog)
        }
        lane.atEnd?()
        judged?.atEnd?()
      } catch {
        merge.fail(error)
      }
    }
    return try merge.result()
  }
}
