// The strategy that repeats a schedule from its deviations.
//
// Total: any set of deviations is a schedule.  One whose place is never met is not made, and one
// whose target cannot go on is left out, the default taken instead.

import Machine

/// Follows the default schedule but for the deviations given.
public final class DeviationReplay: ScheduleStrategy {
  private let endsFairly: Bool
  /// By CPU + 1, each sorted by point; the position of the next that can still be met.
  private var places: [[Deviation]]
  private var positions: [Int]
  /// Deviations that were left out because their target could not go on.
  public private(set) var skipped = 0

  /// A replay; of two deviations at one place the first counts.
  ///
  /// - Parameter endsFairly: true if the machine gives the fair turns at the end, false if the
  ///   deviations hold them.
  public init(_ deviations: [Deviation], endsFairly: Bool = false) {
    self.endsFairly = endsFairly
    places = [[Deviation]](repeating: [], count: Machine.cpuCountMax + 1)
    positions = [Int](repeating: 0, count: Machine.cpuCountMax + 1)
    for deviation in deviations where places.indices.contains(deviation.cpu + 1) {
      places[deviation.cpu + 1].append(deviation)
    }
    for index in places.indices { places[index].sort { $0.point < $1.point } }
  }

  public override var decidesToTheEnd: Bool { !endsFairly }

  public override func begin(seed: UInt64, _ view: ScheduleView) {
    for index in positions.indices { positions[index] = 0 }
    skipped = 0
  }

  public override func choose(_ view: ScheduleView) -> ScheduleChoice {
    let place = view.current + 1
    let point = view.placePoint
    while positions[place] < places[place].count {
      let next = places[place][positions[place]]
      if next.point > point { break }
      positions[place] += 1
      if next.point < point { continue }
      if view.allows(next.choice) { return next.choice }
      skipped += 1
      break
    }
    return view.defaultChoice
  }
}
