// One campaign on several threads, each with a machine of its own.
//
// Threads take numbers of schedules in blocks; results are added in the order of the numbers.  So a
// campaign of so many schedules, or up to its first finding, comes to the same on any number of
// threads.

import Machine
import Synchronization

/// Explores the schedules of one program on several threads.
public struct ParallelExplorer: Sendable {
  /// Makes a machine with a program; called once on each thread.
  public typealias Maker = @Sendable () throws -> (SimulatedMachine, SimulatedProgram)

  private static var blockSize: UInt64 { 64 }

  private let plan: ExplorationPlan
  private let threads: Int
  private let profile: CampaignProfile?
  private let make: Maker
  private let atEnd: @Sendable (SimulatedMachine) -> Void

  /// An explorer on `threads` threads, 1 ... 1024.
  ///
  /// - Parameters:
  ///   - profile: as for `Explorer`.
  ///   - atEnd: told each machine after its last schedule, on its thread.
  ///   - make: makes equal machines and programs that share nothing.
  public init(
    _ plan: ExplorationPlan, threads: Int, profile: CampaignProfile? = nil,
    atEnd: @escaping @Sendable (SimulatedMachine) -> Void = { _ in }, make: @escaping Maker
  ) {
    precondition((1...1024).contains(threads), "an exploration has 1 to 1024 threads")
    self.plan = plan
    self.threads = threads
    self.profile = profile
    self.make = make
    self.atEnd = atEnd
  }

  /// Runs schedules `0 ..< count` of campaign `seed`; throws what `make` throws.
  ///
  /// - Parameters:
  ///   - stopAtFirst: true to end with the first schedule that finds something that is wanted.
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
    let isLast: @Sendable (ExploredSchedule) -> Bool = {
      stopAtFirst && $0.findings.contains(where: isWanted)
    }
    let merge = CampaignMerge(count: count, isLast: isLast, progress: progress)
    let (plan, profile, make, atEnd) = (plan, profile, make, atEnd)
    runSideBySide(threads) { _ in
      do {
        let (simulated, program) = try make()
        let explorer = Explorer(simulated, plan: plan, program: program, profile: profile)
        while !isOver(), let block = merge.nextBlock(Self.blockSize) {
          merge.add(Self.run(explorer, block, seed, isLast))
        }
        atEnd(simulated)
      } catch {
        merge.fail(error)
      }
    }
    return try merge.result()
  }

  private static func run(
    _ explorer: Explorer, _ numbers: Range<UInt64>, _ seed: UInt64,
    _ isLast: (ExploredSchedule) -> Bool
  ) -> CampaignBlock {
    var block = CampaignBlock(start: numbers.lowerBound)
    block.outcomes.reserveCapacity(numbers.count)
    for index in numbers {
      let outcome = explorer.runOnly(index: index, seed: seed)
      block.outcomes.append(outcome)
      guard let schedule = explorer.found(index, outcome) else { continue }
      block.found.append(schedule)
      if isLast(schedule) { break }
    }
    return block
  }
}

/// What one thread found in numbers that follow one another.
private struct CampaignBlock: Sendable {
  let start: UInt64
  var outcomes: [ScheduleOutcome] = []
  var found: [ExploredSchedule] = []
}

/// Adds blocks in the order of their numbers, whatever the order they come in.
private final class CampaignMerge: Sendable {
  private struct State {
    var campaign = CampaignOutcome()
    /// The first number that no thread took yet, and the one to be added next.
    var untaken: UInt64 = 0
    var next: UInt64 = 0
    /// Blocks that came before their turn, by their starts.
    var early: [UInt64: CampaignBlock] = [:]
    var isDone = false
    var error: (any Error)?
  }

  private let state = Mutex(State())
  private let count: UInt64
  /// True of a schedule after which none is wanted.
  private let isLast: @Sendable (ExploredSchedule) -> Bool
  private let progress: @Sendable (CampaignOutcome) -> Void

  init(
    count: UInt64, isLast: @escaping @Sendable (ExploredSchedule) -> Bool,
    progress: @escaping @Sendable (CampaignOutcome) -> Void
  ) {
    self.count = count
    self.isLast = isLast
    self.progress = progress
  }

  /// Numbers that nobody ran yet; nil if there are none left to run.
  func nextBlock(_ size: UInt64) -> Range<UInt64>? {
    state.withLock { state in
      if state.isDone || state.untaken >= count || state.error != nil { return nil }
      let start = state.untaken
      state.untaken = start + min(size, count - start)
      return start..<state.untaken
    }
  }

  func add(_ block: CampaignBlock) {
    state.withLock { state in
      // No number after this one is wanted, should those before it find nothing.
      if block.found.contains(where: isLast) { state.untaken = count }
      state.early[block.start] = block
      while let next = state.early.removeValue(forKey: state.next) {
        add(next, to: &state)
      }
      if !state.isDone { progress(state.campaign) }
    }
  }

  private func add(_ block: CampaignBlock, to state: inout State) {
    if state.isDone { return }
    var found = block.found.makeIterator()
    var schedule = found.next()
    for (offset, outcome) in block.outcomes.enumerated() {
      state.campaign.add(outcome)
      guard let failing = schedule, failing.index == block.start + UInt64(offset) else { continue }
      state.campaign.add(findings: failing)
      schedule = found.next()
      if isLast(failing) {
        state.isDone = true
        return
      }
    }
    state.next = block.start + UInt64(block.outcomes.count)
  }

  func fail(_ error: any Error) {
    state.withLock { state in if state.error == nil { state.error = error } }
  }

  func result() throws -> CampaignOutcome {
    try state.withLock { state in
      if let error = state.error { throw error }
      return state.campaign
    }
  }
}
