// What a strategy was frozen with, as the numbers that a seed file keeps: no more than it needs.
//
// Rule    What is read may be anything: every number is checked before it is used.

import Machine

extension ScheduleProfile {
  /// Numbers that a seed file keeps at most, about 20 KiB; a longer profile is measured anew.
  public static var numbersMax: Int { 4096 }
  private static var countMax: UInt64 { UInt64(Int32.max) }

  /// What a strategy needs of the profile; empty if it needs nothing, or more than
  /// `numbersMax` numbers.
  ///
  /// Of `pct` the points of a schedule; of `urw` the number of CPUs, then for each its operations,
  /// then for each who spawns it + 1; of `surw` the number of CPUs, for each who spawns it + 1,
  /// then for each shared object how far its number is above that of the one before, and the
  /// accesses of each CPU.
  public func numbers(for kind: StrategyKind) -> [UInt64] {
    let count = min(events.count, parents.count)
    let spawners = parents.prefix(count).map { UInt64(max($0 + 1, 0)) }
    var numbers: [UInt64] = []
    switch kind {
    case .random, .pos: break
    case .pct: numbers = [UInt64(max(pointsMax, 0))]
    case .urw: numbers = [UInt64(count)] + Self.counts(events.prefix(count)) + spawners
    case .surw:
      numbers = [UInt64(count)] + spawners
      var before: UInt64 = 0
      for object in objects {
        numbers.append(object.object &- before)
        numbers += Self.counts(object.events.prefix(count))
        before = object.object
      }
    }
    return numbers.count <= Self.numbersMax ? numbers : []
  }

  /// The profile of these numbers; nil if they are not those of a strategy of this kind.
  public init?(_ numbers: [UInt64], for kind: StrategyKind) {
    self = .none
    var rest = numbers[...]
    switch kind {
    case .random, .pos: return nil
    case .pct:
      guard let points = Self.take(1, from: &rest), points[0] > 0 else { return nil }
      pointsMax = points[0]
    case .urw, .surw:
      guard let count = Self.take(1, from: &rest)?.first,
        (1...Machine.cpuCountMax).contains(count)
      else { return nil }
      events = [Int](repeating: 0, count: count)
      if kind == .urw {
        guard let taken = Self.take(count, from: &rest) else { return nil }
        events = taken
      }
      guard let spawners = Self.take(count, from: &rest),
        spawners.allSatisfy({ $0 <= count })
      else { return nil }
      parents = spawners.map { $0 - 1 }
      if kind == .surw && !takeObjects(&rest, cpus: count) { return nil }
    }
    if !rest.isEmpty { return nil }
  }

  private mutating func takeObjects(_ rest: inout ArraySlice<UInt64>, cpus: Int) -> Bool {
    var object: UInt64 = 0
    while !rest.isEmpty && objects.count < Self.objectsMax {
      guard let counts = Self.take(1 + cpus, from: &rest), counts[0] > 0 else { return false }
      object += UInt64(counts[0])
      objects.append(Object(object: object, events: Array(counts.dropFirst())))
    }
    return true
  }

  private static func counts(_ counts: ArraySlice<Int>) -> [UInt64] {
    counts.map { UInt64(max($0, 0)) }
  }

  /// The next counts; nil if there are fewer, or one is too large.
  private static func take(_ count: Int, from rest: inout ArraySlice<UInt64>) -> [Int]? {
    let taken = rest.prefix(count)
    if taken.count < count || taken.contains(where: { $0 > countMax }) { return nil }
    rest = rest.dropFirst(count)
    return taken.map { Int($0) }
  }
}
