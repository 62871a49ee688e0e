// What can be shrunk besides the schedule itself: a program knows smaller ones beside it.

import Machine

/// A program of some size whose schedules are shrunk.
public protocol ShrinkSubject {
  /// Operations that its CPUs do, all together; 0 if it does not count them.
  var operations: Int { get }
  /// CPUs that do them.
  var cpus: Int { get }
  /// Runs the schedule of these deviations.
  func replay(_ deviations: [Deviation]) -> ReplayedSchedule
  /// Programs a little smaller than this one, the greatest step first: fewer operations, CPUs or
  /// interrupts, smaller sizes.  Each is smaller in some order that has an end.
  func smaller() -> [Self]
  /// Deviations of `larger` as they apply here: a CPU or an operation of it may be gone.  May run
  /// the schedule of `larger` once; not again for the same deviations.
  func adapt(_ deviations: [Deviation], from larger: Self) -> [Deviation]
  /// Looks for a schedule with a finding of this signature.
  ///
  /// - Parameters:
  ///   - round: each number stands for other schedules.
  ///   - replays: schedules that it may run.
  func search(for signature: String, round: Int, replays: Int) -> ShrinkSearch
}

/// What a search for a schedule came to.
public struct ShrinkSearch: Equatable, Sendable {
  /// Where the schedule leaves the default one; nil if none was found.
  public var deviations: [Deviation]?
  /// Schedules run.
  public var replays: Int

  /// What was found after so many schedules.
  public init(_ deviations: [Deviation]?, replays: Int) {
    self.deviations = deviations
    self.replays = replays
  }
}

extension ShrinkSubject {
  /// None.
  public func smaller() -> [Self] { [] }
  /// The same.
  public func adapt(_ deviations: [Deviation], from larger: Self) -> [Deviation] { deviations }
  /// Does not look.
  public func search(for signature: String, round: Int, replays: Int) -> ShrinkSearch {
    ShrinkSearch(nil, replays: 0)
  }
}

/// A program that has no smaller one beside it.
public struct FixedSubject: ShrinkSubject {
  private let replayer: Replayer
  private let script: ReplayScript

  /// The program of `replayer`, run as `script` says but for its deviations.
  public init(_ replayer: Replayer, _ script: ReplayScript) {
    self.replayer = replayer
    self.script = script
  }

  public var operations: Int { 0 }
  public var cpus: Int { replayer.simulated.machine.cpuCount }

  public func replay(_ deviations: [Deviation]) -> ReplayedSchedule {
    var script = script
    script.deviations = deviations
    return replayer.replay(script)
  }
}

/// What makes one schedule simpler than another: the first difference decides.
public struct ScheduleCost: Comparable, Sendable {
  /// Decisions after which another CPU went on than before, or an interrupt came.
  public var switches: Int
  /// Operations of the program.
  public var operations: Int
  /// CPUs of the program.
  public var cpus: Int
  /// Points passed.
  public var steps: Int
  /// Where it leaves the default schedule: fewer are simpler, then earlier ones.
  public var deviations: [Deviation]

  /// What a schedule of a subject costs.
  public init(_ schedule: ReplayedSchedule, operations: Int, cpus: Int) {
    switches = schedule.switches
    self.operations = operations
    self.cpus = cpus
    steps = schedule.outcome.points
    deviations = schedule.script.deviations
  }

  /// Simpler.
  public static func < (left: ScheduleCost, right: ScheduleCost) -> Bool {
    let numbers = (left.switches, left.operations, left.cpus, left.steps)
    let others = (right.switches, right.operations, right.cpus, right.steps)
    if numbers != others { return numbers < others }
    if left.deviations.count != right.deviations.count {
      return left.deviations.count < right.deviations.count
    }
    return left.deviations.lexicographicallyPrecedes(right.deviations)
  }
}
