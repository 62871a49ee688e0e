// Looks for the finding of a seed file when its schedule no longer shows it: the allocator's code
// has changed, and places in a schedule are others.
//
// First what is nearest to the recording.  All in one order, so that the same file and the same
// code come to the same.

import Machine

/// A bounded search around one recorded schedule.
public struct SeedSearch {
  private let seed: SeedFile
  private let signature: String
  private let replayer: Replayer
  private let replaysMax: Int
  /// Schedules run so far.
  public private(set) var replays = 0

  /// A search that has run nothing yet.
  ///
  /// - Parameters:
  ///   - signature: rule and site of the finding that is looked for.
  ///   - replaysMax: schedules that may be run, at least 2.
  public init(_ seed: SeedFile, showing signature: String, _ replayer: Replayer, replaysMax: Int) {
    self.seed = seed
    self.signature = signature
    self.replayer = replayer
    self.replaysMax = replaysMax
  }

  /// A schedule that shows the finding, twice the same; nil if there was none.
  public mutating func find() -> ReplayScript? {
    guard let found = recorded() ?? aligned() ?? shifted() ?? without() ?? continued() else {
      return nil
    }
    return replayer.confirm(found, shows: signature) == nil ? nil : found
  }

  /// Runs one schedule; its script if it shows the finding.
  private mutating func tried(_ run: () -> ReplayedSchedule) -> ReplayScript? {
    if replays >= replaysMax { return nil }
    replays += 1
    let done = run()
    return done.shows(signature) ? done.script : nil
  }

  private mutating func tried(_ deviations: [Deviation]) -> ReplayScript? {
    var script = seed.script
    script.deviations = deviations
    let replayer = replayer
    return tried { replayer.replay(script) }
  }

  private mutating func recorded() -> ReplayScript? { tried(seed.script.deviations) }

  /// Each deviation before the operation before which it was.
  private mutating func aligned() -> ReplayScript? {
    let replayer = replayer
    let machine = replayer.simulated.machine
    let strategy = AlignedReplay(seed.script, seed.fingerprints, on: machine)
    let script = seed.script
    return tried { replayer.record(script, strategy) }
  }

  /// All deviations of a CPU from one on some points earlier or later.
  private mutating func shifted() -> ReplayScript? {
    let deviations = seed.script.deviations
    for distance in 1...16 {
      for first in deviations.indices where deviations[first].cpu >= 0 {
        for points in [distance, -distance] {
          var moved = deviations
          for index in first..<moved.count where moved[index].cpu == deviations[first].cpu {
            moved[index].point = max(moved[index].point + points, 0)
          }
          // Half of the budget is for schedules that are farther away.
          if replays >= replaysMax / 2 { return nil }
          if let found = tried(moved) { return found }
        }
      }
    }
    return nil
  }

  /// Without one deviation.
  private mutating func without() -> ReplayScript? {
    let deviations = seed.script.deviations
    for index in deviations.indices where replays < replaysMax / 2 {
      var fewer = deviations
      fewer.remove(at: index)
      if let found = tried(fewer) { return found }
    }
    return nil
  }

  /// Goes on freely after ever less of the recording, at last after nothing.
  private mutating func continued() -> ReplayScript? {
    let last = replayer.replay(seed.script).lastDeviationStep
    replays += 1
    let search = ScheduleSearch(replayer, seed.script, pointsMax: seed.fingerprints.stepCount)
    var number: UInt64 = 0
    while replays < replaysMax {
      let steps = last * Int(8 - number % 9) / 8
      number += 1
      if let found = tried({ search.run(number, following: max(steps, 0)) }) { return found }
    }
    return nil
  }
}
