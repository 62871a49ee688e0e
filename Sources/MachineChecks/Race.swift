// A race: two accesses to a word, one of them plain and one a write, that nothing orders.

import Machine

/// One of the two accesses of a race.
public struct RaceAccess: Equatable, Sendable {
  /// Where, in the kernel's names.
  public var site: String
  /// The CPU.
  public var cpu: Int
  /// What ran on it.
  public var context: ContextKind
  /// `plain write`, `plain read`, `marked or atomic write`, `marked read`.
  public var kind: String
  /// The scheduling point at which it was.
  public var point: Int
  /// The value that it found; nil if nobody remembers.
  public var value: UInt64?
}

/// A race, as it was first seen.
public struct Race: Equatable, Sendable {
  /// The word, in words.
  public var object: String
  /// The access that came first in the schedule.
  public var first: RaceAccess
  /// The access that came second.
  public var second: RaceAccess
  /// Schedules that the detector had seen before this one.
  public var schedule: UInt64
  /// How often the pair of sites raced, in all schedules.
  public var count: UInt64

  /// What happened, in sentences.
  public var sentences: [String] {
    var told = [
      "\(object): a \(second.kind) in \(second.site) by \(who(second)) at point \(second.point)",
      "and a \(first.kind) in \(first.site) by \(who(first)) at point \(first.point),",
      "and nothing orders the two.",
    ]
    if let old = first.value, let new = second.value, old != new {
      told.append("The first found \(old), the second \(new).")
    }
    return told
  }

  private func who(_ access: RaceAccess) -> String { "CPU \(access.cpu) (\(access.context))" }
}

/// A race as it is written where it is seen: fixed size, no allocation.
struct RaceRecord: BitwiseCopyable {
  var offset: Int
  var schedule: UInt64
  var count: UInt64
  var firstPoint: Int
  var secondPoint: Int
  var firstValue: UInt64
  var secondValue: UInt64
  var firstThread: UInt16
  var secondThread: UInt16
  var firstSite: UInt16
  var secondSite: UInt16
  var firstKind: UInt8
  var secondKind: UInt8
  var isFirstValueKnown: Bool

  /// True if it is the same race: the same accesses at the same sites.
  func isSame(as other: RaceRecord) -> Bool {
    firstSite == other.firstSite && secondSite == other.secondSite && firstKind == other.firstKind
      && secondKind == other.secondKind && firstThread & 3 == other.firstThread & 3
      && secondThread & 3 == other.secondThread & 3
  }

  /// True if both accesses are marked writes.
  var isUpdate: Bool {
    firstKind == secondKind && Int(firstKind) == AccessKind.markedWrite.rawValue
  }

  func race(_ machine: Machine) -> Race {
    Race(
      object: machine.wordName(offset),
      first: access(
        machine, firstThread, firstSite, firstKind, firstPoint,
        isFirstValueKnown ? firstValue : nil),
      second: access(machine, secondThread, secondSite, secondKind, secondPoint, secondValue),
      schedule: schedule, count: count)
  }

  private func access(
    _ machine: Machine, _ thread: UInt16, _ site: UInt16, _ kind: UInt8, _ point: Int,
    _ value: UInt64?
  ) -> RaceAccess {
    RaceAccess(
      site: machine.catalog.name(Site(site)), cpu: Int(thread) / 4,
      context: ContextKind(rawValue: UInt8(thread & 3)) ?? .task,
      kind: (AccessKind(rawValue: Int(kind)) ?? .plainWrite).words, point: point, value: value)
  }
}
