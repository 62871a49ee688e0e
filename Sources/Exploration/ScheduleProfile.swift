// What strategies need to know of a program before they start: how long its schedules are, and who
// does how much.  Measured once, at the start of a campaign, then frozen: schedule 123456 alone
// must be what it is after 123455 others.

import Machine

/// Counts of a program, each the most that one of some random schedules had.
public struct ScheduleProfile: Codable, Equatable, Sendable {
  /// Accesses to one object.
  public struct Object: Codable, Equatable, Sendable {
    /// The object, as in `CPUOperation`.
    public var object: UInt64
    /// Accesses of each CPU.
    public var events: [Int]

    /// The accesses to one object.
    public init(object: UInt64, events: [Int]) {
      self.object = object
      self.events = events
    }
  }

  /// Random schedules that it was taken from.
  public var schedules: Int
  /// Points of a schedule, interrupts among them.
  public var pointsMax: Int
  /// Operations of each CPU.
  public var events: [Int]
  /// Who spawns each CPU; -1 if nobody does.
  public var parents: [Int]
  /// Objects that more than one CPU accesses and one writes, from the lowest; at most
  /// `objectsMax`.
  public var objects: [Object]

  /// The objects that a profile has at most: those of the lowest addresses.
  public static var objectsMax: Int { 4096 }
  /// The schedules that the profile of a campaign is taken from.
  public static var schedulesOfCampaign: Int { 100 }

  /// A profile from its numbers.
  public init(
    schedules: Int, pointsMax: Int, events: [Int], parents: [Int], objects: [Object]
  ) {
    self.schedules = schedules
    self.pointsMax = pointsMax
    self.events = events
    self.parents = parents
    self.objects = objects
  }

  /// Nothing known.
  public static var none: ScheduleProfile {
    ScheduleProfile(schedules: 0, pointsMax: 1, events: [], parents: [], objects: [])
  }

  /// The profile of campaign `seed` of a program, at the machine's granularity.
  ///
  /// Its schedules have a stream of their own and are none of the campaign's.
  public static func measure(
    _ simulated: SimulatedMachine, _ program: SimulatedProgram, seed: UInt64
  ) -> ScheduleProfile {
    let counting = ProfilingWalk(cpuCount: simulated.machine.cpuCount)
    let own = SplitMix64.split(seed, 0x7072_6F66_696C_65)
    for index in 0..<schedulesOfCampaign {
      _ = simulated.run(
        seed: SplitMix64.split(own, UInt64(index)), strategy: counting, program)
      // Each of those costs seconds; what is found so soon needs no profile.
      if simulated.wasStuck { break }
    }
    return counting.profile
  }
}

/// Random schedules that are counted: one in 4 of the random walk, the others of partial order
/// sampling, because the walk often leaves out a path that few of its schedules take.
private final class ProfilingWalk: ScheduleStrategy {
  private let walk = InterruptInjection(into: RandomWalk())
  private let sampling = InterruptInjection(into: POS())
  private let cpuCount: Int
  private(set) var profile: ScheduleProfile
  private var events: [Int]
  /// The row of each object in the counts below.
  private var rows: [UInt64: Int] = [:]
  private var objects: [UInt64] = []
  private var isWritten: [Bool] = []
  /// Row by row, a column for each CPU: in this schedule, and the most.
  private var accesses: [Int] = []
  private var accessesMax: [Int] = []

  init(cpuCount: Int) {
    self.cpuCount = cpuCount
    events = [Int](repeating: 0, count: cpuCount)
    profile = ScheduleProfile(
      schedules: 0, pointsMax: 0, events: events,
      parents: [Int](repeating: -1, count: cpuCount), objects: [])
  }

  private var strategy: ScheduleStrategy { profile.schedules % 4 == 0 ? walk : sampling }

  override func begin(seed: UInt64, _ view: ScheduleView) {
    strategy.begin(seed: seed, view)
    for cpu in 0..<cpuCount { events[cpu] = 0 }
    for index in accesses.indices { accesses[index] = 0 }
  }

  override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let choice = strategy.choose(view)
    if choice.delivery == 0 { count(Int(choice.cpu), view.announced(Int(choice.cpu))) }
    return choice
  }

  private func count(_ cpu: Int, _ operation: CPUOperation) {
    events[cpu] += 1
    if operation.kind == .spawn {
      let child = Int(truncatingIfNeeded: operation.object) - 1
      if (0..<cpuCount).contains(child) && profile.parents[child] < 0 {
        profile.parents[child] = cpu
      }
    }
    if !operation.kind.isAccess || operation.object == 0 { return }
    let row = row(operation.object)
    accesses[row * cpuCount + cpu] += 1
    if operation.kind.writes { isWritten[row] = true }
  }

  private func row(_ object: UInt64) -> Int {
    if let row = rows[object] { return row }
    let row = objects.count
    rows[object] = row
    objects.append(object)
    isWritten.append(false)
    for _ in 0..<cpuCount {
      accesses.append(0)
      accessesMax.append(0)
    }
    return row
  }

  override func end(_ outcome: ScheduleOutcome) {
    profile.schedules += 1
    profile.pointsMax = max(profile.pointsMax, outcome.points)
    for cpu in 0..<cpuCount { profile.events[cpu] = max(profile.events[cpu], events[cpu]) }
    for index in accesses.indices {
      accessesMax[index] = max(accessesMax[index], accesses[index])
    }
    if profile.schedules == ScheduleProfile.schedulesOfCampaign { profile.objects = shared() }
  }

  private func shared() -> [ScheduleProfile.Object] {
    var shared: [ScheduleProfile.Object] = []
    for (row, object) in objects.enumerated() where isWritten[row] {
      let counts = Array(accessesMax[row * cpuCount..<(row + 1) * cpuCount])
      if counts.filter({ $0 > 0 }).count < 2 { continue }
      shared.append(ScheduleProfile.Object(object: object, events: counts))
    }
    return Array(shared.sorted { $0.object < $1.object }.prefix(ScheduleProfile.objectsMax))
  }
}
