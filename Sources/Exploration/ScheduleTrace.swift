// The steps of one schedule as values, all names resolved: what reports are made of.

import Machine

/// Why another CPU or context ran from a step on.
public enum SwitchReason: Equatable, Sendable {
  /// The schedule began.
  case start
  /// It could have gone on.
  case preempted
  /// It waits, for what is named.
  case blocked(on: String)
  /// Its code came to its end.
  case ended
  /// It gave others a turn: a failed trylock, a relax.
  case yielded
  /// An interrupt of this source came.
  case interrupt(String)

  /// In words.
  public var text: String {
    switch self {
    case .start: "start"
    case .preempted: "preempted"
    case .blocked(let object): "blocked on \(object)"
    case .ended: "ended"
    case .yielded: "yielded"
    case .interrupt(let source): "interrupt \(source)"
    }
  }
}

/// One operation of a schedule.
public struct TraceStep: Equatable, Sendable {
  /// The point that it belongs to, from 1; a plain access at granularity `sync` is none itself and
  /// has the number of the point before.
  public var number: Int
  /// The CPU.
  public var cpu: Int
  /// What ran on it.
  public var context: ContextKind
  /// What it did.
  public var kind: PointKind
  /// What it did it to, by name; empty for nothing.
  public var object: String
  /// Where in the code, in the kernel's names.
  public var site: String
  /// False for a trylock that failed.
  public var succeeds: Bool
  /// The value of the object before; nil if it has none.
  public var old: UInt64?
  /// The value after.
  public var new: UInt64?
  /// Why this CPU or context ran now, and not the one of the step before; nil if it is the same.
  public var reason: SwitchReason?

  /// A step that changes nothing.
  public init(
    number: Int, cpu: Int, context: ContextKind = .task, kind: PointKind, object: String = "",
    site: String
  ) {
    self.number = number
    self.cpu = cpu
    self.context = context
    self.kind = kind
    self.object = object
    self.site = site
    succeeds = true
  }

  /// The values, where they say more than the kind: `3 -> 4`, `= 7`; empty if not.
  public var valueText: String {
    switch kind {
    case .lock, .unlock: return ""
    case .tryLock: return succeeds ? "" : "fails"
    default: break
    }
    guard let old, let new else { return "" }
    return kind.writes ? "\(Self.text(old)) -> \(Self.text(new))" : "= \(Self.text(old))"
  }

  /// Small numbers in decimal, as are those below 0; flags, links and addresses in hex.
  static func text(_ value: UInt64) -> String {
    let signed = Int64(bitPattern: value)
    if signed > -65_536 && signed < 65_536 { return String(signed) }
    return "0x" + String(value, radix: 16)
  }

  /// In words, without values.
  public var text: String { kind.words + (object.isEmpty ? "" : " " + object) }
}

/// How a CPU was when a schedule ended.
public struct CPUAtEnd: Equatable, Sendable, Codable {
  /// The CPU.
  public var cpu: Int
  /// True once its code came to its end; false also for a CPU that never started.
  public var hasEnded: Bool
  /// What it waits for, by name, and where; nil if it does not wait.
  public var waitsFor: String?
  /// Where it is; empty if it ended or never started.
  public var site: String

  /// A CPU.
  public init(cpu: Int, hasEnded: Bool, waitsFor: String?, site: String) {
    self.cpu = cpu
    self.hasEnded = hasEnded
    self.waitsFor = waitsFor
    self.site = site
  }
}

/// A finding of a schedule, at the step after which it was there.
public struct TracedFinding: Equatable, Sendable, Codable {
  /// The finding.
  public var finding: Finding
  /// The position of its step in `ScheduleTrace.steps`; nil if it was found at the end.
  public var position: Int?

  /// A finding after a step.
  public init(finding: Finding, position: Int?) {
    self.finding = finding
    self.position = position
  }
}

/// One schedule, step by step.
public struct ScheduleTrace: Equatable, Sendable, Codable {
  /// CPUs of the machine.
  public var cpuCount = 0
  /// What was done, in order.
  public var steps: [TraceStep] = []
  /// Operations after those kept.
  public var stepsDropped = 0
  /// Points passed.
  public var points = 0
  /// What was found.
  public var findings: [TracedFinding] = []
  /// Each CPU at the end.
  public var atEnd: [CPUAtEnd] = []

  /// No steps.
  public init() {}
}
