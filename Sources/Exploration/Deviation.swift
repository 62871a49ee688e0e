// A schedule as its differences from the default schedule, which needs no strategy to be repeated.
//
// A place in a schedule is named by the CPU that was current and by how many points that CPU had
// passed, not by a step's number: what is left out elsewhere does not move it.  An interrupt counts
// as a point of the CPU that it comes to, so a schedule meets each place at most once.

import Machine

/// One decision that is not the default schedule's.
public struct Deviation: Hashable, Sendable, Codable {
  /// The CPU that was current when it was made, 0 ..< `Machine.cpuCountMax`; -1 for the first
  /// decision.
  public var cpu: Int
  /// Points that this CPU had passed then; 0 for the first decision.
  public var point: Int
  /// The CPU that went on instead, or that the interrupt came to.
  public var target: Int
  /// The interrupt that came, as its source's number; nil if the CPU went on.
  public var source: Int?

  /// A deviation.
  public init(cpu: Int, point: Int, to choice: ScheduleChoice) {
    self.cpu = cpu
    self.point = point
    target = Int(choice.cpu)
    source = choice.source?.rawValue
  }

  /// What was chosen.
  public var choice: ScheduleChoice {
    if let interrupt { return ScheduleChoice(interrupt, to: target) }
    return ScheduleChoice(cpu: target)
  }

  /// The interrupt that came; nil if the CPU went on.
  public var interrupt: InterruptSource? { source.flatMap { InterruptSource(rawValue: $0) } }
}

extension Deviation: Comparable {
  /// By place; at one place CPUs come before interrupts, lower numbers before higher.
  public static func < (left: Deviation, right: Deviation) -> Bool { left.key < right.key }

  private var key: (Int, Int, Int, Int) { (cpu, point, source ?? -1, target) }
}

extension ScheduleView {
  /// True if the choice may be made now.
  func allows(_ choice: ScheduleChoice) -> Bool {
    guard let source = choice.source else { return enabled.contains(Int(choice.cpu)) }
    return deliverable(source).contains(Int(choice.cpu))
  }

  /// Points that the current CPU has passed: with its number, the place of the decision.
  var placePoint: Int { current < 0 ? 0 : localPoints(current) }
}
